/** The dashboard: signs in, and shows the page that the address names after `#`. */
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { onSessionChange, readSession, type Session, signOut } from './api.ts'
import { JobPage } from './job/JobPage.tsx'
import { JobsPage } from './jobs/JobsPage.tsx'
import { KeysPage } from './keys/KeysPage.tsx'
import { OverviewPage } from './overview/OverviewPage.tsx'
import { QueuesPage } from './queues/QueuesPage.tsx'
import { type Route, useRoute } from './route.ts'
import { RulesPage } from './rules/RulesPage.tsx'
import { SignIn } from './SignIn.tsx'
import { applyTheme, readTheme } from './theme.ts'
import { WebhooksPage } from './webhooks/WebhooksPage.tsx'
import { ThemeSwitch } from './ThemeSwitch.tsx'
import { SubmitPage } from './submit/SubmitPage.tsx'

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const change = () => setOnline(navigator.onLine)
    addEventListener('online', change)
    addEventListener('offline', change)
    return () => {
      removeEventListener('online', change)
      removeEventListener('offline', change)
    }
  }, [])
  return online
}

const PAGES = [
  { path: '/overview', label: 'Overview', scope: 'jobs:read' },
  { path: '/jobs', label: 'Jobs', scope: 'jobs:read' },
  { path: '/submit', label: 'Submit', scope: 'jobs:write' },
  { path: '/queues', label: 'Queues', scope: 'queues:admin' },
  { path: '/rules', label: 'Rules', scope: 'jobs:read' },
  { path: '/webhooks', label: 'Webhooks', scope: 'webhooks:read' },
  { path: '/keys', label: 'API keys', scope: 'keys:admin' },
] as const

/** The pages that the key may use. The list of jobs is the first page, if it is among them. */
function listPages({ scopes }: Session) {
  return PAGES.filter(({ scope }) => scopes.includes(scope))
}

function Page({ route: { path, query }, session }: { route: Route; session: Session }) {
  if (path.startsWith('/jobs/')) {
    return <JobPage key={path} jobId={path.slice('/jobs/'.length)} session={session} />
  }
  switch (path) {
    case '/overview':
      return <OverviewPage />
    case '/jobs':
      return <JobsPage query={query} session={session} />
    case '/submit':
      return <SubmitPage session={session} />
    case '/queues':
      return <QueuesPage session={session} />
    case '/rules':
      return <RulesPage session={session} />
    case '/webhooks':
      return <WebhooksPage session={session} />
    case '/keys':
      return <KeysPage session={session} />
    default:
      return <p class="empty">There is no page at this address, or this key may not use it.</p>
  }
}

function Navigation({ path, session }: { path: string; session: Session }) {
  return (
    <nav aria-label="Pages">
      {listPages(session).map((page) => (
        <a
          key={page.path}
          href={`#${page.path}`}
          aria-current={path.startsWith(page.path) ? 'page' : undefined}
        >
          {page.label}
        </a>
      ))}
    </nav>
  )
}

function App() {
  const route = useRoute()
  const online = useOnline()
  const [session, setSession] = useState<Session | 'loading' | null>('loading')
  useEffect(() => {
    const read = () => void readSession().then(setSession, () => setSession(null))
    read()
    return onSessionChange(read)
  }, [])
  if (session === 'loading') {
    return <main class="sign-in">Loading …</main>
  }
  if (session === null) {
    return <SignIn onSignedIn={setSession} />
  }
  const pages = listPages(session)
  const first = pages.find(({ path }) => path === '/jobs') ?? pages[0]
  const shown = route.path === '' && first ? { ...route, path: first.path } : route
  async function leave(): Promise<void> {
    await signOut()
    setSession(null)
  }
  return (
    <>
      <header>
        <a class="brand" href="#">
          Reelqueue
        </a>
        <Navigation path={shown.path} session={session} />
        <a href="/docs">API reference</a>
        <ThemeSwitch />
        <span class="who">{session.name}</span>
        <button type="button" onClick={() => void leave()}>
          Sign out
        </button>
      </header>
      {!online && (
        <p class="problem" role="status">
          You are offline. The page continues by itself when the network is back.
        </p>
      )}
      <main>
        <Page route={shown} session={session} />
      </main>
    </>
  )
}

applyTheme(readTheme())
render(<App />, document.querySelector('#app')!)

/** The dashboard: signs in, and shows the page that the address names after `#`. */
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { readSession, type Session, signOut } from './api.ts'
import { JobPage } from './JobPage.tsx'
import { JobsPage } from './JobsPage.tsx'
import { KeysPage } from './KeysPage.tsx'
import { OverviewPage } from './OverviewPage.tsx'
import { QueuesPage } from './QueuesPage.tsx'
import { SignIn } from './SignIn.tsx'
import { SubmitPage } from './SubmitPage.tsx'

function readRoute(): string {
  return location.hash.replace(/^#/, '') || '/jobs'
}

function useRoute(): string {
  const [route, setRoute] = useState(readRoute)
  useEffect(() => {
    const change = () => setRoute(readRoute())
    addEventListener('hashchange', change)
    return () => removeEventListener('hashchange', change)
  }, [])
  return route
}

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

function Page({ route, session }: { route: string; session: Session }) {
  if (route.startsWith('/jobs/')) {
    return <JobPage key={route} jobId={route.slice('/jobs/'.length)} session={session} />
  }
  switch (route) {
    case '/overview':
      return <OverviewPage />
    case '/submit':
      return <SubmitPage />
    case '/queues':
      return <QueuesPage />
    case '/keys':
      return <KeysPage session={session} />
    default:
      return <JobsPage session={session} />
  }
}

function Navigation({ route, session }: { route: string; session: Session }) {
  const links = [
    ['/overview', 'Overview', 'jobs:read'],
    ['/jobs', 'Jobs', 'jobs:read'],
    ['/submit', 'Submit', 'jobs:write'],
    ['/queues', 'Queues', 'queues:admin'],
    ['/keys', 'API keys', 'keys:admin'],
  ] as const
  return (
    <nav aria-label="Pages">
      {links
        .filter(([, , scope]) => session.scopes.includes(scope))
        .map(([path, label]) => (
          <a
            key={path}
            href={`#${path}`}
            aria-current={route.startsWith(path) ? 'page' : undefined}
          >
            {label}
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
    readSession().then(setSession, () => setSession(null))
  }, [])
  if (session === 'loading') {
    return <main class="sign-in">Loading …</main>
  }
  if (session === null) {
    return <SignIn onSignedIn={setSession} />
  }
  async function leave(): Promise<void> {
    await signOut()
    setSession(null)
  }
  return (
    <>
      <header>
        <a class="brand" href="#/jobs">
          Reelqueue
        </a>
        <Navigation route={route} session={session} />
        <a href="/docs">API reference</a>
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
        <Page route={route} session={session} />
      </main>
    </>
  )
}

render(<App />, document.querySelector('#app')!)

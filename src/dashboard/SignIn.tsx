/** The page for signing in with an API key. */
import { useState } from 'preact/hooks'
import { type Session, signIn } from './api.ts'
import { describeError } from './format.ts'
import { Problem } from './parts.tsx'

export function SignIn({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const input = new FormData(event.currentTarget as HTMLFormElement).get('key') as string
    setBusy(true)
    try {
      onSignedIn(await signIn(input.trim()))
    } catch (error) {
      setProblem(describeError(error))
      setBusy(false)
    }
  }
  return (
    <main class="sign-in">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>Reelqueue</h1>
        <label>
          API key
          <input name="key" type="password" autocomplete="current-password" required autofocus />
        </label>
        {problem && <Problem>{problem}</Problem>}
        <button class="primary" disabled={busy}>
          {busy ? 'Signing in …' : 'Sign in'}
        </button>
        <p class="hint">
          <code>npm start</code> prints the key. It is kept in a cookie that scripts cannot read,
          for one day.
        </p>
      </form>
    </main>
  )
}

/** The API keys: what each may do, new ones, and disabling one. */
import { useState } from 'preact/hooks'
import { client, type Session } from './api.ts'
import { describeError, formatTime } from './format.ts'
import { Copyable, Problem } from './parts.tsx'
import { useLoaded } from './useLoaded.ts'

export function KeysPage({ session }: { session: Session }) {
  const { value: keys, error, reload } = useLoaded(() => client.apiKeys.list(), [])
  const [problem, setProblem] = useState<string | null>(null)
  const [created, setCreated] = useState<{ name: string; key: string } | null>(null)
  async function act(action: () => Promise<unknown>): Promise<void> {
    try {
      await action()
      setProblem(null)
    } catch (failure) {
      setProblem(describeError(failure))
    }
    await reload()
  }
  return (
    <>
      <h1>API keys</h1>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      {created && (
        <section class="card">
          <p role="status">
            The key “{created.name}” was created. It is shown only now, so keep it in a safe place.
          </p>
          <Copyable label="API key" text={created.key} />
        </section>
      )}
      {keys?.length === 0 && <p class="empty">There is no key besides the root key.</p>}
      {keys && keys.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Scopes</th>
              <th scope="col">Restriction</th>
              <th scope="col">Last used</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {keys.map(({ id, name, scopes, queue, pathPrefix, lastUsedAt, disabled }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                <td>{scopes.join(', ')}</td>
                <td>
                  {[queue && `queue ${queue}`, pathPrefix].filter(Boolean).join(', ') || 'none'}
                </td>
                <td>{formatTime(lastUsedAt)}</td>
                <td>
                  <button
                    type="button"
                    aria-label={`${disabled ? 'Enable' : 'Disable'} ${name}`}
                    onClick={() =>
                      void act(() => client.apiKeys.change(id, { disabled: !disabled }))
                    }
                  >
                    {disabled ? 'Enable' : 'Disable'}
                  </button>{' '}
                  {disabled ? 'disabled' : 'enabled'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <NewKey
        session={session}
        onCreate={(name, scopes) =>
          act(async () => {
            const { key } = await client.apiKeys.create({ name, scopes })
            setCreated({ name, key })
          })
        }
      />
    </>
  )
}

function NewKey({
  session,
  onCreate,
}: {
  session: Session
  onCreate: (name: string, scopes: Session['scopes']) => Promise<void>
}) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Session['scopes']>([])
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    await onCreate(name, scopes)
    setName('')
    setScopes([])
  }
  return (
    <form class="card" onSubmit={(event) => void submit(event)}>
      <h2>New key</h2>
      <label>
        Name
        <input
          name="key-name"
          required
          maxLength={100}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <fieldset class="choices">
        <legend>What it may do</legend>
        {session.scopes.map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={({ currentTarget }) =>
                setScopes(
                  currentTarget.checked
                    ? [...scopes, scope]
                    : scopes.filter((other) => other !== scope),
                )
              }
            />
            {scope}
          </label>
        ))}
      </fieldset>
      <button class="primary" disabled={scopes.length === 0}>
        Create key
      </button>
    </form>
  )
}

/** The form for a new API key: scopes, restriction and limits. */
import { useState } from 'preact/hooks'
import { SCOPES } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { useLoaded } from '../useLoaded.ts'
import { LimitFields, NO_LIMITS, readLimits } from './LimitFields.tsx'

type Request = Parameters<typeof client.apiKeys.create>[0]

interface Props {
  session: Session
  /** @returns true if the key was created */
  onCreate: (request: Request) => Promise<boolean>
}
export function NewKey({ session, onCreate }: Props) {
  const maySeeQueues = session.scopes.includes('queues:admin')
  const queues = useLoaded(async () => (maySeeQueues ? client.queues.list() : []), [])
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Session['scopes']>([])
  const [queue, setQueue] = useState('')
  const [pathPrefix, setPathPrefix] = useState('')
  const [limits, setLimits] = useState(NO_LIMITS)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const isCreated = await onCreate({
      name,
      scopes,
      ...(queue !== '' && { queue }),
      ...(pathPrefix !== '' && { pathPrefix }),
      ...readLimits(limits),
    })
    if (isCreated) {
      setName('')
      setScopes([])
      setQueue('')
      setPathPrefix('')
      setLimits(NO_LIMITS)
    }
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
            <span>
              {scope} <small class="hint">{SCOPES[scope]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="fields">
        <label>
          Only this queue
          <input
            name="key-queue"
            list="key-queues"
            value={queue}
            onInput={({ currentTarget }) => setQueue(currentTarget.value.trim())}
          />
          <small>Empty: all queues.</small>
          <datalist id="key-queues">
            {queues.value?.map((each) => (
              <option key={each.name} value={each.name} />
            ))}
          </datalist>
        </label>
        <label>
          Only this folder
          <input
            name="key-folder"
            placeholder="uploads/customer-42"
            value={pathPrefix}
            onInput={({ currentTarget }) => setPathPrefix(currentTarget.value.trim())}
          />
          <small>The key sees no files, jobs and events outside of it. Empty: all folders.</small>
        </label>
      </div>
      <LimitFields texts={limits} onChange={setLimits} />
      <button class="primary" disabled={scopes.length === 0}>
        Create key
      </button>
    </form>
  )
}

/** The API keys: what each may do and has stored, new ones, and changes. */
import { useState } from 'preact/hooks'
import type { ApiKey } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { formatBytes, formatTime } from '../format.ts'
import { Problem, ShownOnce } from '../parts.tsx'
import { useAction } from '../useAction.ts'
import { useLoaded } from '../useLoaded.ts'
import { KeySettings } from './KeySettings.tsx'
import { NewKey } from './NewKey.tsx'

export function KeysPage({ session }: { session: Session }) {
  const { value: keys, error, reload } = useLoaded(() => client.apiKeys.list(), [])
  const { problem, act } = useAction(reload)
  const [created, setCreated] = useState<{ name: string; key: string } | null>(null)
  const [shown, setShown] = useState<string | null>(null)
  const edited = keys?.find(({ id }) => id === shown)
  async function remove({ id, name, queue, pathPrefix }: ApiKey): Promise<void> {
    // The webhooks of other keys do not belong to them.
    const owned = queue === null && pathPrefix === null ? 'rules' : 'rules and webhooks'
    const effect = `Its ${owned} are deleted, and whoever uses it is rejected from now on.`
    if (confirm(`Delete the key “${name}”? ${effect}`)) {
      await act(() => client.apiKeys.delete(id))
    }
  }
  return (
    <>
      <h1>API keys</h1>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      {created && (
        <ShownOnce
          note={`The key “${created.name}” was created. It is shown only now, so keep it in a safe place.`}
          label="API key"
          text={created.key}
        />
      )}
      {keys?.length === 0 && <p class="empty">There is no key besides the root key.</p>}
      {keys && keys.length > 0 && (
        <table class="keys">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Scopes</th>
              <th scope="col">Restriction</th>
              <th scope="col">Stored</th>
              <th scope="col">Last used</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <KeyRow
                key={key.id}
                apiKey={key}
                isShown={key.id === shown}
                onSwitch={() =>
                  void act(() => client.apiKeys.change(key.id, { disabled: !key.disabled }))
                }
                onShow={() => setShown(key.id === shown ? null : key.id)}
                onDelete={() => void remove(key)}
              />
            ))}
          </tbody>
        </table>
      )}
      {edited && (
        <KeySettings
          key={edited.id}
          apiKey={edited}
          onSave={(changes) => act(() => client.apiKeys.change(edited.id, changes))}
        />
      )}
      <NewKey
        session={session}
        onCreate={(request) =>
          act(async () => {
            const { name, key } = await client.apiKeys.create(request)
            setCreated({ name, key })
          })
        }
      />
    </>
  )
}

interface RowProps {
  apiKey: ApiKey
  isShown: boolean
  onSwitch: () => void
  onShow: () => void
  onDelete: () => void
}
function KeyRow({ apiKey, isShown, onSwitch, onShow, onDelete }: RowProps) {
  const { name, scopes, queue, pathPrefix, storedBytes, maxStoredBytes, lastUsedAt } = apiKey
  const { disabled } = apiKey
  const action = disabled ? 'Enable' : 'Disable'
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{scopes.join(', ')}</td>
      <td>{[queue && `queue ${queue}`, pathPrefix].filter(Boolean).join(', ') || 'none'}</td>
      <td>
        {formatBytes(storedBytes)}
        {maxStoredBytes !== null && ` of ${formatBytes(maxStoredBytes)}`}
      </td>
      <td>{formatTime(lastUsedAt)}</td>
      <td>
        {describeState(apiKey)}
        <div class="actions">
          <button type="button" aria-label={`${action} ${name}`} onClick={onSwitch}>
            {action}
          </button>
          <button
            type="button"
            aria-label={`Change ${name}`}
            aria-expanded={isShown}
            onClick={onShow}
          >
            Change
          </button>
          <button type="button" aria-label={`Delete ${name}`} onClick={onDelete}>
            Delete
          </button>
        </div>
      </td>
    </tr>
  )
}

function describeState({ disabled, expiresAt }: ApiKey): string {
  if (disabled) {
    return 'disabled'
  }
  if (expiresAt === null) {
    return 'enabled'
  }
  const time = formatTime(expiresAt)
  return Date.parse(expiresAt) <= Date.now() ? `expired ${time}` : `enabled until ${time}`
}

/** The form for a new webhook, and for changes of one. */
import { useState } from 'preact/hooks'
import type { CreateWebhook, Webhook } from '../../client/index.ts'
import type { Session } from '../api.ts'

type EventType = NonNullable<CreateWebhook['types']>[number]
/** As a record, so that the compiler misses a type that the service has and this list has not. */
const TYPES = Object.keys({
  'job.created': true,
  'job.started': true,
  'job.playable': true,
  'job.completed': true,
  'job.retrying': true,
  'job.error': true,
  'job.cancelled': true,
  'job.deleted': true,
  'job.prioritized': true,
  'webhook.disabled': true,
} satisfies Record<EventType, true>) as EventType[]
const DEFAULT_TYPES: EventType[] = ['job.playable', 'job.completed', 'job.error', 'job.cancelled']

interface Props {
  title: string
  action: string
  /** The webhook that is changed. Its queue and its folder cannot be. */
  webhook?: Webhook
  /** Set for a new webhook. */
  session?: Session
  /** @returns true if the webhook was saved */
  onSave: (request: CreateWebhook) => Promise<boolean>
}
export function WebhookForm({ title, action, webhook, session, onSave }: Props) {
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [types, setTypes] = useState(() =>
    webhook ? TYPES.filter((type) => webhook.types.includes(type)) : DEFAULT_TYPES,
  )
  const [description, setDescription] = useState(webhook?.description ?? '')
  const [queue, setQueue] = useState('')
  const [pathPrefix, setPathPrefix] = useState('')
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const isSaved = await onSave({
      url,
      types,
      description,
      ...(queue !== '' && { queue }),
      ...(pathPrefix !== '' && { pathPrefix }),
    })
    if (isSaved && webhook === undefined) {
      setUrl('')
      setDescription('')
      setQueue('')
      setPathPrefix('')
    }
  }
  return (
    <form class="card" aria-label={title} onSubmit={(event) => void submit(event)}>
      <h2>{title}</h2>
      <label>
        URL of the receiver
        <input
          name="url"
          type="url"
          required
          placeholder="https://example.com/hooks"
          value={url}
          onInput={({ currentTarget }) => setUrl(currentTarget.value.trim())}
        />
      </label>
      <label>
        Description
        <input
          name="description"
          maxLength={200}
          value={description}
          onInput={({ currentTarget }) => setDescription(currentTarget.value)}
        />
      </label>
      {session && (
        <div class="fields">
          <label>
            Only this queue
            <input
              name="webhook-queue"
              placeholder={session.queue ?? 'all queues'}
              value={queue}
              onInput={({ currentTarget }) => setQueue(currentTarget.value.trim())}
            />
          </label>
          <label>
            Only this folder
            <input
              name="webhook-folder"
              placeholder={session.pathPrefix ?? 'all folders'}
              value={pathPrefix}
              onInput={({ currentTarget }) => setPathPrefix(currentTarget.value.trim())}
            />
          </label>
        </div>
      )}
      <fieldset class="choices">
        <legend>Events</legend>
        {TYPES.map((type) => (
          <label key={type}>
            <input
              type="checkbox"
              checked={types.includes(type)}
              onChange={({ currentTarget }) =>
                setTypes(
                  currentTarget.checked
                    ? [...types, type]
                    : types.filter((other) => other !== type),
                )
              }
            />
            {type}
          </label>
        ))}
      </fieldset>
      <button class="primary" disabled={types.length === 0}>
        {action}
      </button>
    </form>
  )
}

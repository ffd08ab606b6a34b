/** The form for a new webhook. */
import { useState } from 'preact/hooks'

const TYPES = [
  'job.created',
  'job.started',
  'job.playable',
  'job.completed',
  'job.retrying',
  'job.error',
  'job.cancelled',
] as const
type EventType = (typeof TYPES)[number]
const DEFAULT_TYPES: EventType[] = ['job.playable', 'job.completed', 'job.error', 'job.cancelled']

interface Props {
  /** @returns true if the webhook was created */
  onCreate: (body: { url: string; types: EventType[] }) => Promise<boolean>
}
export function NewWebhook({ onCreate }: Props) {
  const [url, setUrl] = useState('')
  const [types, setTypes] = useState(DEFAULT_TYPES)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (await onCreate({ url, types })) {
      setUrl('')
    }
  }
  return (
    <form class="card" onSubmit={(event) => void submit(event)}>
      <h2>New webhook</h2>
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
        Create webhook
      </button>
    </form>
  )
}

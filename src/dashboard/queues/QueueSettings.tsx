/** The form for the limits of a queue, made from the API's description of them. */
import { useState } from 'preact/hooks'
import type { Queue, QueueSettings as Settings } from '../../client/index.ts'
import { Problem } from '../parts.tsx'
import { loadFields, type Schema, writeFieldName } from '../schema.ts'
import { useLoaded } from '../useLoaded.ts'

type Name = keyof Settings & keyof Queue

/** The settings with a range: `paused` and `draining` have buttons. */
async function loadLimits(): Promise<[Name, Schema][]> {
  const fields = (await loadFields('QueueSettings')) as [Name, Schema][]
  return fields.filter(([, { type }]) => type === 'integer')
}

interface Props {
  queue: Queue
  /** @returns true if the settings were saved */
  onSave: (settings: Settings) => Promise<boolean>
}
export function QueueSettings({ queue, onSave }: Props) {
  const { value: limits, error } = useLoaded(loadLimits, [])
  const [edited, setEdited] = useState<Partial<Record<Name, number>>>({})
  const [isSaved, setIsSaved] = useState(false)
  const changed = Object.entries(edited).filter(([name, value]) => value !== queue[name as Name])
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const saved = await onSave(Object.fromEntries(changed) as Settings)
    setIsSaved(saved)
    if (saved) {
      setEdited({})
    }
  }
  if (!limits) {
    return error ? <Problem>{error}</Problem> : <p>Loading …</p>
  }
  return (
    <form
      class="card"
      aria-label={`Settings of ${queue.name}`}
      onSubmit={(event) => void submit(event)}
    >
      <h2>Settings of {queue.name}</h2>
      <p class="hint">
        Concurrency applies immediately, the other settings to jobs that are created afterwards.
      </p>
      <div class="fields">
        {limits.map(([name, { minimum, maximum, description }]) => (
          <label key={name}>
            {writeFieldName(name)}
            <input
              type="number"
              name={name}
              required
              min={minimum}
              max={maximum}
              step={1}
              value={edited[name] ?? Number(queue[name])}
              onInput={({ currentTarget }) => {
                setIsSaved(false)
                setEdited({ ...edited, [name]: currentTarget.valueAsNumber })
              }}
            />
            <small>
              {minimum} to {maximum}. {description}
            </small>
          </label>
        ))}
      </div>
      <div class="actions">
        <button class="primary" disabled={changed.length === 0}>
          Save settings
        </button>
        <p class="hint" role="status">
          {isSaved && 'Saved.'}
        </p>
      </div>
    </form>
  )
}

/** The form that changes the name and the limits of an API key. */
import { useState } from 'preact/hooks'
import type { ApiKey } from '../../client/index.ts'
import type { client } from '../api.ts'
import { LimitFields, readLimits, writeLimits } from './LimitFields.tsx'

type Changes = Parameters<typeof client.apiKeys.change>[1]

interface Props {
  apiKey: ApiKey
  /** @returns true if the changes were saved */
  onSave: (changes: Changes) => Promise<boolean>
}
export function KeySettings({ apiKey, onSave }: Props) {
  const [name, setName] = useState(apiKey.name)
  const [texts, setTexts] = useState(() => writeLimits(apiKey))
  const [isSaved, setIsSaved] = useState(false)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const { expiresAt, ...limits } = readLimits(texts)
    // The field has no seconds, and a time in the past is rejected.
    const hasNewTime = texts.expiresAt !== writeLimits(apiKey).expiresAt
    setIsSaved(await onSave({ name, ...limits, ...(hasNewTime && { expiresAt }) }))
  }
  return (
    <form
      class="card"
      aria-label={`Limits of ${apiKey.name}`}
      onSubmit={(event) => void submit(event)}
    >
      <h2>Limits of {apiKey.name}</h2>
      <p class="hint">
        Scopes and restriction cannot be changed: create another key, and disable this one.
      </p>
      <label>
        Name
        <input
          name="name"
          required
          maxLength={100}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <LimitFields
        texts={texts}
        onChange={(changed) => {
          setIsSaved(false)
          setTexts(changed)
        }}
      />
      <div class="actions">
        <button class="primary">Save limits</button>
        <p class="hint" role="status">
          {isSaved && 'Saved.'}
        </p>
      </div>
    </form>
  )
}

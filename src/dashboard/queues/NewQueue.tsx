/** The form for a new queue. */
import { useState } from 'preact/hooks'

interface Props {
  /** Names of the queues that exist. */
  names: readonly string[]
  /** @returns true if the queue was created */
  onCreate: (name: string) => Promise<boolean>
}
export function NewQueue({ names, onCreate }: Props) {
  const [name, setName] = useState('')
  const isTaken = names.includes(name)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (!isTaken && (await onCreate(name))) {
      setName('')
    }
  }
  return (
    <form class="card" onSubmit={(event) => void submit(event)}>
      <h2>New queue</h2>
      <label>
        Name
        <input
          name="queue-name"
          required
          maxLength={63}
          placeholder="bulk"
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value.trim())}
        />
        <small role="status">
          {isTaken
            ? `There is a queue "${name}" already.`
            : 'Small letters, digits, _ and -. A queue cannot be deleted.'}
        </small>
      </label>
      <button class="primary" disabled={name === '' || isTaken}>
        Create queue
      </button>
    </form>
  )
}

/** Sends many deliveries of a webhook again: those that failed since a time, or a range. */
import { useState } from 'preact/hooks'
import type { ReplayDeliveries } from '../../client/index.ts'

interface Props {
  /** @returns true if the deliveries will be sent */
  onReplay: (selection: ReplayDeliveries) => Promise<boolean>
}
export function ReplayForm({ onReplay }: Props) {
  const [kind, setKind] = useState<'failed' | 'range'>('failed')
  const [since, setSince] = useState('')
  const [from, setFrom] = useState(NaN)
  const [to, setTo] = useState(NaN)
  const [isBusy, setIsBusy] = useState(false)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setIsBusy(true)
    const failedSince = () => new Date(since).toISOString()
    await onReplay(kind === 'failed' ? { failedSince: failedSince() } : { from, to })
    setIsBusy(false)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h3>Send many again</h3>
      <div class="toolbar selection">
        <label>
          Deliveries
          <select
            name="replay-kind"
            value={kind}
            onChange={({ currentTarget }) => setKind(currentTarget.value as 'failed' | 'range')}
          >
            <option value="failed">all that failed since a time</option>
            <option value="range">a range of numbers</option>
          </select>
        </label>
        {kind === 'failed' ? (
          <label>
            Since
            <input
              type="datetime-local"
              name="failed-since"
              required
              value={since}
              onInput={({ currentTarget }) => setSince(currentTarget.value)}
            />
          </label>
        ) : (
          <>
            <label>
              From number
              <input
                type="number"
                name="replay-from"
                required
                min={1}
                step={1}
                onInput={({ currentTarget }) => setFrom(currentTarget.valueAsNumber)}
              />
            </label>
            <label>
              To number
              <input
                type="number"
                name="replay-to"
                required
                min={Number.isNaN(from) ? 1 : from}
                step={1}
                onInput={({ currentTarget }) => setTo(currentTarget.valueAsNumber)}
              />
            </label>
          </>
        )}
        <button disabled={isBusy}>{isBusy ? 'Sending …' : 'Send them again'}</button>
      </div>
    </form>
  )
}

/** The queues: what they hold, whether they start and accept jobs, and their limits. */
import { useState } from 'preact/hooks'
import type { Queue, QueueSettings as Settings } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { formatNumber } from '../format.ts'
import { LiveState, Problem } from '../parts.tsx'
import { useAction } from '../useAction.ts'
import { useBatched, useEvents, useLoaded } from '../useLoaded.ts'
import { NewQueue } from './NewQueue.tsx'
import { QueueSettings } from './QueueSettings.tsx'

export function QueuesPage({ session }: { session: Session }) {
  const { value: queues, error, reload } = useLoaded(() => client.queues.list(), [])
  const { problem, act } = useAction(reload)
  const [shown, setShown] = useState<string | null>(null)
  const refresh = useBatched(() => void reload())
  const live = useEvents(({ event }) => {
    if (event !== 'job:progress') {
      refresh()
    }
  })
  const settled = queues?.find(({ name }) => name === shown)
  const change = (name: string, settings: Settings) =>
    act(() => client.queues.change(name, settings))
  return (
    <>
      <h1>Queues</h1>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <LiveState state={live} />
      {queues && queues.length > 0 && (
        <table class="queues">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Pending</th>
              <th scope="col">Running</th>
              <th scope="col">State</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <QueueRow
                key={queue.name}
                queue={queue}
                isShown={queue.name === shown}
                onChange={(settings) => void change(queue.name, settings)}
                onShow={() => setShown(queue.name === shown ? null : queue.name)}
              />
            ))}
          </tbody>
        </table>
      )}
      <p class="hint">
        A paused queue accepts jobs and starts none; those that run are finished. A queue that
        drains rejects new jobs, and works off the ones it has. Do both to finish only what runs.
      </p>
      {settled && (
        <QueueSettings
          key={settled.name}
          queue={settled}
          onSave={(settings) => change(settled.name, settings)}
        />
      )}
      {/* A key that is restricted to a queue cannot create another one. */}
      {session.queue === null && queues && (
        <NewQueue
          names={queues.map(({ name }) => name)}
          onCreate={async (name) => {
            const isCreated = await act(() => client.queues.put(name))
            if (isCreated) {
              setShown(name)
            }
            return isCreated
          }}
        />
      )}
    </>
  )
}

interface RowProps {
  queue: Queue
  isShown: boolean
  onChange: (settings: Settings) => void
  onShow: () => void
}
function QueueRow({ queue, isShown, onChange, onShow }: RowProps) {
  const { name, pending, running, paused, draining } = queue
  const pause = paused ? 'Resume' : 'Pause'
  const drain = draining ? 'Accept jobs' : 'Drain'
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{formatNumber(pending)}</td>
      <td>{formatNumber(running)}</td>
      <td>{describeState(queue)}</td>
      <td>
        <div class="actions">
          <button
            type="button"
            aria-label={`${pause} ${name}`}
            onClick={() => onChange({ paused: !paused })}
          >
            {pause}
          </button>
          <button
            type="button"
            aria-label={`${drain} ${name}`}
            onClick={() => onChange({ draining: !draining })}
          >
            {drain}
          </button>
          <button
            type="button"
            aria-label={`Settings of ${name}`}
            aria-expanded={isShown}
            onClick={onShow}
          >
            Settings
          </button>
        </div>
      </td>
    </tr>
  )
}

function describeState({ paused, draining, concurrency }: Queue): string {
  const states = [
    paused ? 'paused' : concurrency === 0 ? 'no runner may work (concurrency 0)' : null,
    draining ? 'draining' : null,
  ].filter(Boolean)
  return states.length === 0 ? 'active' : states.join(', ')
}

/** The queues: what they hold, and whether they start jobs. */
import { client } from './api.ts'
import { describeError, formatNumber } from './format.ts'
import { Problem } from './parts.tsx'
import { useLoaded } from './useLoaded.ts'
import { useState } from 'preact/hooks'

export function QueuesPage() {
  const { value: queues, error, reload } = useLoaded(() => client.queues.list(), [])
  const [problem, setProblem] = useState<string | null>(null)
  async function change(name: string, settings: Parameters<typeof client.queues.change>[1]) {
    try {
      await client.queues.change(name, settings)
      setProblem(null)
    } catch (failure) {
      setProblem(describeError(failure))
    }
    await reload()
  }
  return (
    <>
      <h1>Queues</h1>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <table>
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">Pending</th>
            <th scope="col">Running</th>
            <th scope="col">Jobs at once</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {queues?.map(({ name, pending, running, concurrency, paused }) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{formatNumber(pending)}</td>
              <td>{formatNumber(running)}</td>
              <td>
                <input
                  type="number"
                  min={1}
                  value={concurrency}
                  aria-label={`Jobs at once in ${name}`}
                  onChange={({ currentTarget }) =>
                    void change(name, { concurrency: currentTarget.valueAsNumber })
                  }
                />
              </td>
              <td>
                <button
                  type="button"
                  aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
                  onClick={() => void change(name, { paused: !paused })}
                >
                  {paused ? 'Resume' : 'Pause'}
                </button>{' '}
                {paused ? 'paused' : 'starts jobs'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

/** What was sent to a webhook, newest first, and sending it again. */
import { useState } from 'preact/hooks'
import { client } from '../api.ts'
import { describeError, formatTime } from '../format.ts'
import { Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import { listDeliveries, type Webhook } from './webhookApi.ts'

interface Props {
  webhook: Webhook
  mayWrite: boolean
}
export function Deliveries({ webhook: { id: webhookId, url }, mayWrite }: Props) {
  const [before, setBefore] = useState<number | null>(null)
  const { value, error, reload } = useLoaded(
    () => listDeliveries(webhookId, before),
    [webhookId, before],
  )
  const [problem, setProblem] = useState<string | null>(null)
  async function replay(sequence: number): Promise<void> {
    try {
      await client.request('post', '/webhooks/{webhookId}/replay', {
        path: { webhookId },
        body: { sequence },
      })
      setProblem(null)
    } catch (failure) {
      setProblem(describeError(failure))
    }
    await reload()
  }
  const next = value?.nextBefore ?? null
  return (
    <section>
      <h2>Deliveries to {url}</h2>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      {value?.deliveries.length === 0 && <p class="empty">Nothing was sent yet.</p>}
      {value && value.deliveries.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Status</th>
              <th scope="col">Last attempt</th>
            </tr>
          </thead>
          <tbody>
            {value.deliveries.map((delivery) => (
              <tr key={delivery.sequence}>
                <td>
                  {delivery.jobId === null ? (
                    delivery.type
                  ) : (
                    <a href={`#/jobs/${delivery.jobId}`}>{delivery.type}</a>
                  )}
                </td>
                <td>
                  {delivery.status}
                  <br />
                  <small>{delivery.error ?? delivery.responseStatus}</small>
                </td>
                <td>
                  <small>{formatTime(delivery.lastAttemptAt)}</small>{' '}
                  {mayWrite && delivery.status !== 'pending' && (
                    <button
                      type="button"
                      aria-label={`Send again: event ${delivery.sequence}`}
                      onClick={() => void replay(delivery.sequence)}
                    >
                      Send again
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div class="actions">
        <button type="button" onClick={() => void reload()}>
          Reload
        </button>
        {next !== null && (
          <button type="button" onClick={() => setBefore(next)}>
            Older
          </button>
        )}
      </div>
    </section>
  )
}

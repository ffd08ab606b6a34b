/** What was sent to a webhook, newest first, and sending it again. */
import { useState } from 'preact/hooks'
import type { Webhook, WebhookDelivery } from '../../client/index.ts'
import { client } from '../api.ts'
import { formatCount, formatTime } from '../format.ts'
import { Problem } from '../parts.tsx'
import { useAction } from '../useAction.ts'
import { useLoaded } from '../useLoaded.ts'
import { ReplayForm } from './ReplayForm.tsx'

const STATUSES = ['pending', 'delivered', 'failed'] as const satisfies WebhookDelivery['status'][]
type Status = (typeof STATUSES)[number]

interface Props {
  webhook: Webhook
  mayWrite: boolean
  onResult: (result: string) => void
}
export function Deliveries({ webhook: { id, url, disabled }, mayWrite, onResult }: Props) {
  const [status, setStatus] = useState<Status | ''>('')
  const [before, setBefore] = useState<number | null>(null)
  const { value, error, reload } = useLoaded(
    () =>
      client.webhooks.deliveries(id, {
        ...(status !== '' && { status }),
        ...(before !== null && { before }),
      }),
    [id, status, before],
  )
  const { problem, act } = useAction(reload)
  // A disabled webhook is sent nothing.
  const mayReplay = mayWrite && !disabled
  const next = value?.nextBefore ?? null
  return (
    <section class="card stack" aria-label={`Deliveries to ${url}`}>
      <h2>Deliveries to {url}</h2>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <div class="toolbar selection">
        <label>
          Status
          <select
            name="delivery-status"
            value={status}
            onChange={({ currentTarget }) => {
              setBefore(null)
              setStatus(currentTarget.value as Status | '')
            }}
          >
            <option value="">all</option>
            {STATUSES.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <div class="actions">
          <button type="button" onClick={() => void reload()}>
            Reload
          </button>
          {before !== null && (
            <button type="button" onClick={() => setBefore(null)}>
              Newest
            </button>
          )}
          {next !== null && (
            <button type="button" onClick={() => setBefore(next)}>
              Older
            </button>
          )}
        </div>
      </div>
      {value?.deliveries.length === 0 && <p class="empty">There are no deliveries here.</p>}
      {value && value.deliveries.length > 0 && (
        <DeliveryTable
          deliveries={value.deliveries}
          mayReplay={mayReplay}
          onReplay={(sequence) => void act(() => client.webhooks.replay(id, { sequence }))}
        />
      )}
      {mayWrite && disabled && (
        <p class="hint">The webhook is disabled. Enable it to send deliveries again.</p>
      )}
      {mayReplay && (
        <ReplayForm
          onReplay={(selection) =>
            act(async () => {
              const replayed = await client.webhooks.replayAll(id, selection)
              onResult(`${formatCount(replayed, 'event')} will be sent again.`)
            })
          }
        />
      )}
    </section>
  )
}

interface TableProps {
  deliveries: WebhookDelivery[]
  mayReplay: boolean
  onReplay: (sequence: number) => void
}
function DeliveryTable({ deliveries, mayReplay, onReplay }: TableProps) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Number</th>
          <th scope="col">Event</th>
          <th scope="col">Status</th>
          <th scope="col">Last attempt</th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map((delivery) => (
          <tr key={delivery.sequence}>
            <td>{delivery.sequence}</td>
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
              {mayReplay && delivery.status !== 'pending' && (
                <button
                  type="button"
                  aria-label={`Send again: event ${delivery.sequence}`}
                  onClick={() => onReplay(delivery.sequence)}
                >
                  Send again
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

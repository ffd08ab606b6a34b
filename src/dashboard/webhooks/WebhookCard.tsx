/** A webhook: its state, and what can be done with it. */
import { useState } from 'preact/hooks'
import type { Webhook } from '../../client/index.ts'
import { client } from '../api.ts'
import { formatCount, formatNumber, formatTime } from '../format.ts'
import { WebhookForm } from './WebhookForm.tsx'

interface Props {
  webhook: Webhook
  mayWrite: boolean
  /** True if its deliveries are shown. */
  isShown: boolean
  /** @returns true if the action succeeded */
  onAct: (action: () => Promise<unknown>) => Promise<boolean>
  onResult: (result: string) => void
  onSecret: (secret: { url: string; secret: string }) => void
  onShow: () => void
}
export function WebhookCard(props: Props) {
  const { webhook, mayWrite, isShown, onAct, onResult, onSecret, onShow } = props
  const { id, url, types, description, disabled, forJobs } = webhook
  const [isEdited, setIsEdited] = useState(false)
  async function test(): Promise<void> {
    const { delivered, responseStatus, error, durationMs } = await client.webhooks.test(id)
    const answer = responseStatus === null ? error : `the status ${responseStatus}`
    onResult(
      delivered
        ? `The test was delivered in ${formatNumber(durationMs)} ms.`
        : `The test was not delivered: ${answer}.`,
    )
  }
  async function remove(): Promise<void> {
    if (confirm(`Delete the webhook ${url} and its log of deliveries?`)) {
      await onAct(() => client.webhooks.delete(id))
    }
  }
  async function enable(): Promise<void> {
    await client.webhooks.change(id, { disabled: !disabled })
    if (disabled) {
      onResult('The webhook is enabled, and gets the events that it missed and that are kept.')
    }
  }
  return (
    <section class="card">
      <h2>{url}</h2>
      {description && <p>{description}</p>}
      <p>{describeState(webhook)}</p>
      <p class="hint">
        {[describeRestriction(webhook), types.join(', ')].filter(Boolean).join(' · ')}
      </p>
      {webhook.lostEvents && (
        <p class="hint">
          The events {webhook.lostEvents.from} to {webhook.lostEvents.to} were deleted before they
          were sent.
        </p>
      )}
      <div class="actions" role="group" aria-label={url}>
        <button type="button" aria-expanded={isShown} onClick={onShow}>
          Deliveries
        </button>
        {mayWrite && (
          <button type="button" onClick={() => void onAct(enable)}>
            {disabled ? 'Enable' : 'Disable'}
          </button>
        )}
        {mayWrite && !forJobs && (
          <>
            <button type="button" onClick={() => void onAct(test)}>
              Send a test
            </button>
            <button
              type="button"
              onClick={() =>
                void onAct(async () => onSecret(await client.webhooks.rotateSecret(id)))
              }
            >
              New secret
            </button>
            <button type="button" aria-expanded={isEdited} onClick={() => setIsEdited(!isEdited)}>
              Change
            </button>
          </>
        )}
        {mayWrite && (
          <button type="button" onClick={() => void remove()}>
            Delete
          </button>
        )}
      </div>
      {isEdited && (
        <WebhookForm
          title={`Change ${url}`}
          action="Save changes"
          webhook={webhook}
          onSave={async (changes) => {
            const isSaved = await onAct(() => client.webhooks.change(id, changes))
            setIsEdited(!isSaved)
            return isSaved
          }}
        />
      )}
    </section>
  )
}

function describeRestriction({ queue, pathPrefix }: Webhook): string {
  return [queue && `only the queue ${queue}`, pathPrefix && `only the folder ${pathPrefix}`]
    .filter(Boolean)
    .join(', ')
}

function describeState(webhook: Webhook): string {
  const { disabledReason, failingSince, retryAt, delivered, failedAttempts, forJobs } = webhook
  const state =
    disabledReason !== null
      ? `Disabled (${disabledReason.replaceAll('_', ' ')})`
      : failingSince !== null
        ? `Failing since ${formatTime(failingSince)}: tried again ${formatTime(retryAt)}`
        : 'Enabled'
  const owner = forJobs ? ' · made by jobs with a webhookUrl' : ''
  return `${state}${owner} · ${formatNumber(delivered)} delivered, ${formatCount(failedAttempts, 'failed attempt')}`
}

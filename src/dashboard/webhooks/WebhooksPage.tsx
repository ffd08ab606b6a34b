/** The webhooks: endpoints that receive events, their secrets, and what was sent to them. */
import { useState } from 'preact/hooks'
import { client, type Session } from '../api.ts'
import { describeError, formatNumber } from '../format.ts'
import { Copyable, Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import { Deliveries } from './Deliveries.tsx'
import { NewWebhook } from './NewWebhook.tsx'
import { listWebhooks, type Webhook } from './webhookApi.ts'

interface Secret {
  url: string
  secret: string
}

export function WebhooksPage({ session }: { session: Session }) {
  const { value: webhooks, error, reload } = useLoaded(listWebhooks, [])
  const [problem, setProblem] = useState<string | null>(null)
  const [result, setResult] = useState<string | null>(null)
  const [secret, setSecret] = useState<Secret | null>(null)
  const [shown, setShown] = useState<string | null>(null)
  const mayWrite = session.scopes.includes('webhooks:write')
  /** @returns true if the action succeeded */
  async function act(action: () => Promise<unknown>): Promise<boolean> {
    setResult(null)
    try {
      await action()
      setProblem(null)
      return true
    } catch (failure) {
      setProblem(describeError(failure))
      return false
    } finally {
      await reload()
    }
  }
  const listed = webhooks?.find(({ id }) => id === shown)
  return (
    <>
      <h1>Webhooks</h1>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <p class="hint live" role="status">
        {result}
      </p>
      {secret && (
        <section class="card">
          <p role="status">
            The secret for {secret.url} is shown only now. The receiver needs it to check the
            signatures.
          </p>
          <Copyable label="Secret" text={secret.secret} />
        </section>
      )}
      {webhooks?.length === 0 && <p class="empty">There are no webhooks yet.</p>}
      {webhooks?.map((webhook) => (
        <WebhookCard
          key={webhook.id}
          webhook={webhook}
          mayWrite={mayWrite}
          onAct={act}
          onResult={setResult}
          onSecret={setSecret}
          onShow={() => setShown(shown === webhook.id ? null : webhook.id)}
        />
      ))}
      {listed && <Deliveries key={listed.id} webhook={listed} mayWrite={mayWrite} />}
      {mayWrite && (
        <NewWebhook
          onCreate={(body) =>
            act(async () => setSecret(await client.request('post', '/webhooks', { body })))
          }
        />
      )}
    </>
  )
}

interface CardProps {
  webhook: Webhook
  mayWrite: boolean
  onAct: (action: () => Promise<unknown>) => Promise<boolean>
  onResult: (result: string) => void
  onSecret: (secret: Secret) => void
  onShow: () => void
}
function WebhookCard({ webhook, mayWrite, onAct, onResult, onSecret, onShow }: CardProps) {
  const { id: webhookId, url, types, disabled, forJobs } = webhook
  const path = { webhookId }
  async function test(): Promise<void> {
    const { delivered, responseStatus, error, durationMs } = await client.request(
      'post',
      '/webhooks/{webhookId}/test',
      { path },
    )
    const answer = responseStatus === null ? error : `the status ${responseStatus}`
    onResult(
      delivered
        ? `The test was delivered in ${formatNumber(durationMs)} ms.`
        : `The test was not delivered: ${answer}.`,
    )
  }
  async function rotate(): Promise<void> {
    onSecret(await client.request('post', '/webhooks/{webhookId}/rotate-secret', { path }))
  }
  async function remove(): Promise<void> {
    if (confirm(`Delete the webhook ${url} and its log of deliveries?`)) {
      await client.request('delete', '/webhooks/{webhookId}', { path })
    }
  }
  return (
    <section class="card">
      <h2>{url}</h2>
      <p>{describeState(webhook)}</p>
      <p class="hint">{types.join(', ')}</p>
      <div class="actions" role="group" aria-label={url}>
        <button type="button" onClick={onShow}>
          Deliveries
        </button>
        {mayWrite && (
          <button
            type="button"
            onClick={() =>
              void onAct(() =>
                client.request('patch', '/webhooks/{webhookId}', {
                  path,
                  body: { disabled: !disabled },
                }),
              )
            }
          >
            {disabled ? 'Enable' : 'Disable'}
          </button>
        )}
        {mayWrite && !forJobs && (
          <>
            <button type="button" onClick={() => void onAct(test)}>
              Send a test
            </button>
            <button type="button" onClick={() => void onAct(rotate)}>
              New secret
            </button>
          </>
        )}
        {mayWrite && (
          <button type="button" onClick={() => void onAct(remove)}>
            Delete
          </button>
        )}
      </div>
    </section>
  )
}

function describeState(webhook: Webhook): string {
  const { disabledReason, failingSince, delivered, failedAttempts, forJobs } = webhook
  const state =
    disabledReason !== null
      ? `Disabled (${disabledReason.replaceAll('_', ' ')})`
      : failingSince !== null
        ? 'Failing: the service tries again by itself'
        : 'Enabled'
  const owner = forJobs ? ' · made by jobs with a webhookUrl' : ''
  return `${state}${owner} · ${formatNumber(delivered)} delivered, ${formatNumber(failedAttempts)} failed attempts`
}

/** The webhooks: endpoints that receive events, their secrets, and what was sent to them. */
import { useState } from 'preact/hooks'
import { client, type Session } from '../api.ts'
import { Problem, Result, ShownOnce } from '../parts.tsx'
import { useAction } from '../useAction.ts'
import { useLoaded } from '../useLoaded.ts'
import { Deliveries } from './Deliveries.tsx'
import { WebhookCard } from './WebhookCard.tsx'
import { WebhookForm } from './WebhookForm.tsx'

interface Secret {
  url: string
  secret: string
}

export function WebhooksPage({ session }: { session: Session }) {
  const { value: webhooks, error, reload } = useLoaded(() => client.webhooks.list(), [])
  const { problem, act } = useAction(reload)
  const [result, setResult] = useState<string | null>(null)
  const [secret, setSecret] = useState<Secret | null>(null)
  const [shown, setShown] = useState<string | null>(null)
  const mayWrite = session.scopes.includes('webhooks:write')
  const listed = webhooks?.find(({ id }) => id === shown)
  function run(action: () => Promise<unknown>): Promise<boolean> {
    setResult(null)
    return act(action)
  }
  return (
    <>
      <h1>Webhooks</h1>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <Result text={result} />
      {secret && (
        <ShownOnce
          note={`The secret for ${secret.url} is shown only now. The receiver needs it to check the signatures.`}
          label="Secret"
          text={secret.secret}
        />
      )}
      {webhooks?.length === 0 && <p class="empty">There are no webhooks yet.</p>}
      {webhooks?.map((webhook) => (
        <WebhookCard
          key={webhook.id}
          webhook={webhook}
          mayWrite={mayWrite}
          isShown={webhook.id === shown}
          onAct={run}
          onResult={setResult}
          onSecret={setSecret}
          onShow={() => setShown(shown === webhook.id ? null : webhook.id)}
        />
      ))}
      {listed && (
        <Deliveries key={listed.id} webhook={listed} mayWrite={mayWrite} onResult={setResult} />
      )}
      {mayWrite && (
        <WebhookForm
          title="New webhook"
          action="Create webhook"
          session={session}
          onSave={(request) => run(async () => setSecret(await client.webhooks.create(request)))}
        />
      )}
    </>
  )
}

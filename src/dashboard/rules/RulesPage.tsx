/** The rules: which jobs are made when a file arrives in the bucket of the originals. */
import { client, type Session } from '../api.ts'
import { formatNumber, formatTime } from '../format.ts'
import { Problem } from '../parts.tsx'
import { useAction } from '../useAction.ts'
import { useLoaded } from '../useLoaded.ts'
import { RuleCard } from './RuleCard.tsx'
import { RuleForm } from './RuleForm.tsx'
import { RuleTester } from './RuleTester.tsx'

function load() {
  return client.request('get', '/rules')
}
type Loaded = Awaited<ReturnType<typeof load>>

export function RulesPage({ session }: { session: Session }) {
  const { value, error, reload } = useLoaded(load, [])
  const { problem, act } = useAction(reload)
  const mayWrite = session.scopes.includes('rules:write')
  return (
    <>
      <h1>Rules</h1>
      <p class="hint">
        R2 notifies the service of each file that arrives in the bucket of the originals, by
        whatever way. All rules that match the file make their jobs.
      </p>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      {value === null && error === null && <p class="empty">Loading …</p>}
      {value?.rules.length === 0 && <p class="empty">There are no rules yet.</p>}
      {value?.rules.map((rule) => (
        <RuleCard key={rule.id} rule={rule} session={session} mayWrite={mayWrite} onAct={act} />
      ))}
      {value && value.rules.length > 0 && <RuleTester />}
      {mayWrite && (
        <RuleForm
          title="New rule"
          action="Create rule"
          session={session}
          onSave={(settings) => act(() => client.rules.create(settings))}
        />
      )}
      {value?.events && <Notifications events={value.events} />}
    </>
  )
}

/** What became of the notifications of the bucket. */
function Notifications({ events }: { events: NonNullable<Loaded['events']> }) {
  return (
    <section>
      <h2>Notifications of the bucket</h2>
      {events.length === 0 ? (
        <p class="empty">
          None has arrived. R2 sends them once the bucket is set up for it, as the guide for bucket
          events says.
        </p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Outcome</th>
              <th scope="col">Number</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {events.map(({ outcome, count, lastAt }) => (
              <tr key={outcome}>
                <th scope="row">{OUTCOMES[outcome]}</th>
                <td>{formatNumber(count)}</td>
                <td>{formatTime(lastAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const OUTCOMES: Record<NonNullable<Loaded['events']>[number]['outcome'], string> = {
  matched: 'rules made jobs',
  unmatched: 'no enabled rule applies to the file',
  duplicate: 'the jobs of the rules existed',
  outdated: 'the file was replaced or deleted since',
  deleted: 'the file was deleted',
  rejected: 'nothing can be made of the file, or the key of a rule may not make it',
  other_bucket: 'of another bucket',
  other_file: 'not a media file',
  other_action: 'another action',
  failed: 'failed, and is tried again',
  dead: 'failed too often, and was given up',
}

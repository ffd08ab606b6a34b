/** A rule: its conditions, what it makes and has made, and what can be done with it. */
import { useState } from 'preact/hooks'
import type { Rule } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { formatBytes, formatCount, formatTime } from '../format.ts'
import { RuleForm } from './RuleForm.tsx'

interface Props {
  rule: Rule
  session: Session
  mayWrite: boolean
  /** @returns true if the action succeeded */
  onAct: (action: () => Promise<unknown>) => Promise<boolean>
}
export function RuleCard({ rule, session, mayWrite, onAct }: Props) {
  const { id, name, enabled, transformations, lastError, lastErrorAt } = rule
  const [isEdited, setIsEdited] = useState(false)
  async function remove(): Promise<void> {
    if (confirm(`Delete the rule “${name}”? The jobs that it made stay.`)) {
      await onAct(() => client.rules.delete(id))
    }
  }
  return (
    <section class="card">
      <h2>{name}</h2>
      <p>{describeState(rule)}</p>
      <p>
        {describeConditions(rule)}: <code>{transformations.join(' · ')}</code>
      </p>
      <p class="hint">{describeJobs(rule)}</p>
      {lastError !== null && (
        <p class="problem">
          The last file failed ({formatTime(lastErrorAt)}): {lastError}
        </p>
      )}
      {mayWrite && (
        <div class="actions" role="group" aria-label={name}>
          <button
            type="button"
            onClick={() => void onAct(() => client.rules.change(id, { enabled: !enabled }))}
          >
            {enabled ? 'Disable' : 'Enable'}
          </button>
          <button type="button" aria-expanded={isEdited} onClick={() => setIsEdited(!isEdited)}>
            Change
          </button>
          <button type="button" onClick={() => void remove()}>
            Delete
          </button>
        </div>
      )}
      {isEdited && (
        <RuleForm
          title={`Change ${name}`}
          action="Save changes"
          session={session}
          rule={rule}
          onSave={async (changes) => {
            const isSaved = await onAct(() => client.rules.change(id, changes))
            setIsEdited(!isSaved)
            return isSaved
          }}
        />
      )}
    </section>
  )
}

function describeState({ enabled, jobsCreated, lastJobAt }: Rule): string {
  const last = lastJobAt === null ? '' : `, the last ${formatTime(lastJobAt)}`
  return `${enabled ? 'Enabled' : 'Disabled'} · ${formatCount(jobsCreated, 'job')} made${last}`
}

function describeConditions({ prefix, suffixes, minBytes, maxBytes }: Rule): string {
  const conditions = [
    prefix && `that begin with ${prefix}`,
    suffixes.length > 0 && `that end in ${suffixes.join(' or ')}`,
    minBytes !== null && `of at least ${formatBytes(minBytes)}`,
    maxBytes !== null && `of at most ${formatBytes(maxBytes)}`,
  ].filter(Boolean)
  return conditions.length === 0 ? 'All files' : `Files ${conditions.join(', ')}`
}

function describeJobs({ queue, priority, tags }: Rule): string {
  return [
    `queue ${queue}`,
    priority !== null && `priority ${priority}`,
    tags.length > 0 && `tags ${tags.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' · ')
}

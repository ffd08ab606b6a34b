/** Says which jobs are selected, and offers what can be done with them. */
import { useState } from 'preact/hooks'
import type { Job } from '../../client/index.ts'
import { type Action, ACTIONS, allowsAction, countJobs, type Target } from './batch.ts'
import { BatchDialog } from './BatchDialog.tsx'
import type { JobFilter } from './filters.ts'

interface Props {
  filter: JobFilter
  selected: Job[] | 'all'
  hasJobs: boolean
  onSelectAll: () => void
  onDone: () => void
}
export function BatchBar({ filter, selected, hasJobs, onSelectAll, onDone }: Props) {
  // The jobs of the question stay those of the moment it was asked, while the list changes.
  const [asked, setAsked] = useState<{ action: Action; target: Target } | null>(null)
  const [result, setResult] = useState<string | null>(null)
  const { status } = filter
  function isOffered(name: Action): boolean {
    return selected === 'all'
      ? hasJobs && (status === undefined || allowsAction(name, { status }))
      : selected.some((job) => allowsAction(name, job))
  }
  function close(done: string | null): void {
    setAsked(null)
    if (done !== null) {
      setResult(done)
      onDone()
    }
  }
  const target = selected === 'all' ? { filter } : { jobIds: selected.map(({ id }) => id) }
  return (
    <div class="toolbar">
      <p role="status" class="hint">
        {describeSelection(selected) ?? result ?? 'Select jobs to change them.'}
      </p>
      {selected !== 'all' && hasJobs && (
        <button type="button" onClick={onSelectAll}>
          Select all that match
        </button>
      )}
      <div class="actions" role="group" aria-label="Selected jobs">
        {(Object.keys(ACTIONS) as Action[]).map((name) => (
          <button
            key={name}
            type="button"
            disabled={!isOffered(name)}
            onClick={() => setAsked({ action: name, target })}
          >
            {ACTIONS[name].label}
          </button>
        ))}
      </div>
      {asked && <BatchDialog {...asked} onClose={close} />}
    </div>
  )
}

function describeSelection(selected: Job[] | 'all'): string | null {
  if (selected === 'all') {
    return 'All jobs that match the filters are selected, on all pages.'
  }
  return selected.length === 0 ? null : `${countJobs(selected.length)} selected.`
}

/** Asks before many jobs are changed, with their number, and shows the progress of the change. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { describeError, formatNumber } from '../format.ts'
import { Problem, statusName } from '../parts.tsx'
import {
  type Action,
  ACTIONS,
  type Batch,
  type BatchProgress,
  countJobs,
  describeResult,
  runBatch,
  type Target,
} from './batch.ts'
import { BatchFields, type BatchOptions } from './BatchFields.tsx'
import { useBatchCount } from './useBatchCount.ts'

const QUESTIONS: Record<Action, string> = {
  retry: 'Each is queued again, with a full set of attempts.',
  cancel: 'A cancelled job is not made, and can be requested again.',
  prioritize: 'Jobs with lower numbers run first.',
  delete:
    'The records are deleted for good. Finished results stay stored. Running jobs are stopped.',
}
const DEFAULT_PRIORITY = 2

interface Props {
  action: Action
  target: Target
  /** @param result what was done; null if nothing was */
  onClose: (result: string | null) => void
}
export function BatchDialog({ action, target, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [options, setOptions] = useState<BatchOptions>({ force: true, priority: DEFAULT_PRIORITY })
  const [progress, setProgress] = useState<BatchProgress | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const running = useRef<AbortController | null>(null)
  const batch = {
    action,
    ...target,
    ...(action === 'cancel' && { force: options.force }),
    ...(action === 'prioritize' && { priority: options.priority }),
  }

  useEffect(() => {
    dialog.current!.showModal()
    return () => running.current?.abort()
  }, [])
  const { counted, problem } = useBatchCount(batch, [options.force])

  async function run(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const stopped = new AbortController()
    running.current = stopped
    let last: BatchProgress = { count: 0, done: 0, problem: null }
    setProgress(last)
    try {
      for await (const update of runBatch(batch, stopped.signal)) {
        last = update
        setProgress(update)
      }
      onClose(describeResult(action, last))
    } catch (error) {
      if (stopped.signal.aborted) {
        return onClose(`Stopped. ${describeResult(action, last)}`)
      }
      running.current = null
      setProgress(null)
      setFailure(describeError(error))
    }
  }
  function leave(): void {
    if (running.current) {
      running.current.abort()
    } else {
      onClose(null)
    }
  }

  const { label } = ACTIONS[action]
  const count = counted?.count ?? 0
  const isReady = counted?.complete === true && count > 0 && progress === null
  return (
    <dialog
      ref={dialog}
      aria-labelledby="batch-title"
      onCancel={(event) => {
        event.preventDefault()
        leave()
      }}
    >
      <form onSubmit={(event) => void run(event)}>
        <h2 id="batch-title">
          {action === 'prioritize' ? 'Change the priority' : label}: {describeCount(counted)}
        </h2>
        {(failure ?? problem) && <Problem>{failure ?? problem}</Problem>}
        <p>{counted?.complete && count === 0 ? describeNone(batch) : QUESTIONS[action]}</p>
        <BatchFields
          action={action}
          options={options}
          disabled={progress !== null}
          onChange={setOptions}
        />
        {progress && (
          <div class="progress" role="status">
            <progress max={count} value={progress.count} aria-label="Progress" />
            <small>
              {formatNumber(progress.count)} of {countJobs(count)}
            </small>
          </div>
        )}
        <div class="actions">
          <button class="primary" disabled={!isReady}>
            {label} {countJobs(count)}
          </button>
          <button type="button" onClick={leave}>
            {progress ? 'Stop' : 'Close'}
          </button>
        </div>
      </form>
    </dialog>
  )
}

function describeCount(counted: { count: number; complete: boolean } | null): string {
  if (counted === null) {
    return 'counting …'
  }
  return counted.complete ? countJobs(counted.count) : `${countJobs(counted.count)}, counting …`
}

function describeNone({ action, force }: Batch): string {
  const statuses = action === 'cancel' && !force ? (['pending'] as const) : ACTIONS[action].from
  const names = statuses.map(statusName)
  return `None of these jobs is ${names.join(' or ')}, so there is nothing to change.`
}

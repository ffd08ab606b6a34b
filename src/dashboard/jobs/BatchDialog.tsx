/** Asks before many jobs are changed, with their number, and shows the progress of the change. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { describeError, formatNumber } from '../format.ts'
import { Problem } from '../parts.tsx'
import {
  type Action,
  ACTIONS,
  type BatchProgress,
  countJobs,
  describeResult,
  runBatch,
  type Target,
} from './batch.ts'

const QUESTIONS: Record<Action, string> = {
  retry: 'They are queued again, with a full set of attempts.',
  cancel: 'They are not made. A cancelled job can be requested again.',
  prioritize: 'Jobs with lower numbers run first.',
  delete:
    'Their records are deleted for good. Finished results stay stored. Running jobs are stopped.',
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
  const [force, setForce] = useState(true)
  const [priority, setPriority] = useState(DEFAULT_PRIORITY)
  const [counted, setCounted] = useState<{ count: number; complete: boolean } | null>(null)
  const [progress, setProgress] = useState<BatchProgress | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const running = useRef<AbortController | null>(null)
  const batch = {
    action,
    ...target,
    ...(action === 'cancel' && { force }),
    ...(action === 'prioritize' && { priority }),
  }

  useEffect(() => {
    dialog.current!.showModal()
    return () => running.current?.abort()
  }, [])
  useEffect(() => {
    const stopped = new AbortController()
    async function count(): Promise<void> {
      setCounted(null)
      for await (const { count: found } of runBatch({ ...batch, dryRun: true }, stopped.signal)) {
        setCounted({ count: found, complete: false })
      }
      setCounted((last) => last && { ...last, complete: true })
    }
    count().catch((error: unknown) => {
      if (!stopped.signal.aborted) {
        setProblem(describeError(error))
      }
    })
    return () => stopped.abort()
  }, [force])

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
      setProblem(describeError(error))
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
        {problem && <Problem>{problem}</Problem>}
        <p>{counted?.complete && count === 0 ? describeNone(action) : QUESTIONS[action]}</p>
        {action === 'cancel' && (
          <label class="choice">
            <input
              type="checkbox"
              checked={force}
              disabled={progress !== null}
              onChange={({ currentTarget }) => setForce(currentTarget.checked)}
            />
            Also stop the jobs that are running
          </label>
        )}
        {action === 'prioritize' && (
          <label>
            New priority, 0 to 100
            <input
              type="number"
              name="priority"
              min={0}
              max={100}
              required
              value={priority}
              onInput={({ currentTarget }) => setPriority(currentTarget.valueAsNumber)}
            />
          </label>
        )}
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

function describeNone(action: Action): string {
  const names = ACTIONS[action].from.map((status) => (status === 'error' ? 'failed' : status))
  return `None of these jobs is ${names.join(' or ')}, so there is nothing to change.`
}

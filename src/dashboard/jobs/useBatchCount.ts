/** Counts the jobs that an action on many jobs is about to change. */
import { useEffect, useState } from 'preact/hooks'
import { describeError } from '../format.ts'
import { type Batch, runBatch } from './batch.ts'

interface Counted {
  count: number
  /** False while jobs are still being counted. */
  complete: boolean
}

/** @param inputs on which the number depends */
export function useBatchCount(batch: Batch, inputs: readonly unknown[]) {
  const [counted, setCounted] = useState<Counted | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    const stopped = new AbortController()
    async function count(): Promise<void> {
      setCounted(null)
      setProblem(null)
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
  }, inputs)
  return { counted, problem }
}

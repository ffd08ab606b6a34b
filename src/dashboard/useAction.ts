/** Runs what the user asks for, and keeps what went wrong with it. */
import { useState } from 'preact/hooks'
import { noticeEnd } from './api.ts'
import { describeError } from './format.ts'

/** @param onEnd called after each action, also after one that failed */
export function useAction(onEnd: () => Promise<unknown>) {
  const [problem, setProblem] = useState<string | null>(null)
  /** @returns true if the action succeeded */
  async function act(action: () => Promise<unknown>): Promise<boolean> {
    let failure: string | null = null
    try {
      await action()
    } catch (error) {
      noticeEnd(error)
      failure = describeError(error)
    }
    setProblem(failure)
    await onEnd()
    return failure === null
  }
  return { problem, act }
}

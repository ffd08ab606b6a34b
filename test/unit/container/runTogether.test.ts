import { once } from 'node:events'
import { expect, it } from 'vitest'
import { runTogether } from '../../../container/runTogether.ts'

const never = new AbortController().signal

it('the results are in the order of the functions', async () => {
  const first = Promise.withResolvers<string>()
  const results = await runTogether(never, [
    () => first.promise,
    async () => {
      first.resolve('first')
      return 2
    },
  ])
  expect(results).toEqual(['first', 2])
})

it('the first error stops the others, and is thrown when they have ended', async () => {
  const failure = new Error('The chunk has 9 frames instead of 10.')
  const events: string[] = []
  const running = runTogether(never, [
    async (signal) => {
      await once(signal, 'abort')
      expect(signal.reason).toBe(failure)
      await new Promise((resolve) => setImmediate(resolve))
      events.push('the upload has ended')
      throw new Error('The upload was stopped.')
    },
    () => Promise.reject(failure),
  ]).catch((error: unknown) => {
    events.push('thrown')
    return error
  })
  expect(await running).toBe(failure)
  expect(events).toEqual(['the upload has ended', 'thrown'])
})

it('a function that throws at once is like one that rejects', async () => {
  const failure = new Error('no such file')
  const ended: unknown[] = []
  const running = runTogether(never, [
    () => {
      throw failure
    },
    async (signal) => void ended.push(signal.reason),
  ])
  await expect(running).rejects.toBe(failure)
  expect(ended).toEqual([failure])
})

it('the signal of the caller stops all of them', async () => {
  const caller = new AbortController()
  const wait = async (signal: AbortSignal) => {
    await once(signal, 'abort')
    signal.throwIfAborted()
  }
  const running = runTogether(caller.signal, [wait, wait])
  caller.abort(new Error('The job was canceled.'))
  await expect(running).rejects.toThrow('The job was canceled.')
})

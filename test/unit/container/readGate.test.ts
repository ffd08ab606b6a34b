import { expect, it } from 'vitest'
import { createPace } from '../../../container/source/readGate.ts'

const never = new AbortController().signal

it('lets everyone pass, but while it is held', async () => {
  const pace = createPace()
  await pace.passed(never)
  pace.hold()
  pace.hold()
  let passed = 0
  const waiting = [1, 2].map(() => pace.passed(never).then(() => (passed += 1)))
  await Promise.resolve()
  expect(passed).toBe(0)
  pace.release()
  await Promise.all(waiting)
  await pace.passed(never)
})

it('holds nobody who is to end', async () => {
  const pace = createPace()
  pace.hold()
  const ending = new AbortController()
  const held = pace.passed(ending.signal)
  ending.abort(new Error('over'))
  await expect(held).rejects.toThrow('over')
  await expect(pace.passed(ending.signal)).rejects.toThrow('over')
})

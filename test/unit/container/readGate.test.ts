import { expect, it } from 'vitest'
import { createReadGate } from '../../../container/source/readGate.ts'

const never = new AbortController().signal

it('lets everyone pass, but while it is held', async () => {
  const readGate = createReadGate()
  await readGate.passed(never)
  readGate.hold()
  readGate.hold()
  let passed = 0
  const waiting = [1, 2].map(() => readGate.passed(never).then(() => (passed += 1)))
  await Promise.resolve()
  expect(passed).toBe(0)
  readGate.release()
  await Promise.all(waiting)
  await readGate.passed(never)
})

it('holds nobody who is to end', async () => {
  const readGate = createReadGate()
  readGate.hold()
  const ending = new AbortController()
  const held = readGate.passed(ending.signal)
  ending.abort(new Error('over'))
  await expect(held).rejects.toThrow('over')
  await expect(readGate.passed(ending.signal)).rejects.toThrow('over')
})

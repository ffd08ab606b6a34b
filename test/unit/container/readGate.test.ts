import { expect, it } from 'vitest'
import { createReadGate } from '../../../container/source/readGate.ts'

const never = new AbortController().signal

it('readers wait only while the gate is closed', async () => {
  const readGate = createReadGate()
  await readGate.waitUntilOpen(never)
  readGate.close()
  readGate.close()
  let passed = 0
  const waiting = [1, 2].map(() => readGate.waitUntilOpen(never).then(() => (passed += 1)))
  await Promise.resolve()
  expect(passed).toBe(0)
  readGate.open()
  await Promise.all(waiting)
  await readGate.waitUntilOpen(never)
})

it('an aborted reader does not wait', async () => {
  const readGate = createReadGate()
  readGate.close()
  const ending = new AbortController()
  const held = readGate.waitUntilOpen(ending.signal)
  ending.abort(new Error('over'))
  await expect(held).rejects.toThrow('over')
  await expect(readGate.waitUntilOpen(ending.signal)).rejects.toThrow('over')
})

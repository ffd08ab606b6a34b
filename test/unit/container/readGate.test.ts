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

it('a reader whose signal aborts stops waiting, and does not start to wait again', async () => {
  const readGate = createReadGate()
  readGate.close()
  const controller = new AbortController()
  const waiting = readGate.waitUntilOpen(controller.signal)
  controller.abort(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
  await expect(readGate.waitUntilOpen(controller.signal)).rejects.toThrow('over')
})

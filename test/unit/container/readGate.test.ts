import { expect, it } from 'vitest'
import { createReadGate } from '../../../container/source/readGate.ts'

const neverAborts = new AbortController().signal

it('readers wait only while the gate is closed', async () => {
  const readGate = createReadGate()
  await readGate.waitUntilOpen(neverAborts)
  readGate.close()
  readGate.close()
  let passed = 0
  const waiting = [1, 2].map(() => readGate.waitUntilOpen(neverAborts).then(() => (passed += 1)))
  await Promise.resolve()
  expect(passed).toBe(0)
  readGate.open()
  await Promise.all(waiting)
  await readGate.waitUntilOpen(neverAborts)
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

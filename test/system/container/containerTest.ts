/** `test` with fixtures of file scope: engine, Worker with containers enabled, its events. */
import { test as base } from 'vitest'
import { followEvents } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { type EngineAccess, startContainerSystem } from './containerSystem.ts'

/** @param openEngine returns the engine; it is closed at the end of the file if it has `close` */
export function containerTest(openEngine: () => Promise<EngineAccess>) {
  const test = base
    .extend('engine', { scope: 'file' }, async ({}, { onCleanup }) => {
      const engine = await openEngine()
      onCleanup(async () => engine.close?.())
      return engine
    })
    .extend('system', { scope: 'file' }, async ({ engine }, { onCleanup }) => {
      const system = await startContainerSystem(engine)
      onCleanup(() => system.stop())
      return system
    })
    .extend('events', { scope: 'file' }, async ({ system }, { onCleanup }) => {
      const events = await followEvents(system.client)
      onCleanup(() => events.close())
      return events
    })
  test.beforeAll(async ({ system }) => {
    await system.client.put('videos/short.mp4', makeClip())
    await system.client.put('videos/long.mp4', makeClip({ seconds: 8 }))
  }, 400_000)
  return test
}

export type ContainerTest = ReturnType<typeof containerTest>

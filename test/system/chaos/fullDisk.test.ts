/** A disk that is full while the service runs, and has room again later. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { expectCleanStop } from './invariants.ts'
import { mountSmallDisk, unmount } from './smallDisk.ts'

const MEGABYTES = 64

const stateDir = mkdtempSync(join(inject('stateDirs'), 'state-'))
const mountError = mountSmallDisk(stateDir, MEGABYTES)

// Registered first, so that it runs last, after the system has stopped.
afterAll(() => {
  if (mountError === null) {
    unmount(stateDir)
  }
})
const test = systemTest({ stateDir })

test.skipIf(mountError)(
  `writes to a full disk are rejected with 507, and succeed once there is room ${mountError ?? ''}`,
  async ({ system, events }) => {
    const { client, output } = system
    const clip = makeClip()
    await client.put('videos/kept.mp4', clip)

    const large = Buffer.concat([clip, Buffer.alloc(MEGABYTES * 1024 ** 2)])
    const diskFull = { status: 507, code: 'insufficient_storage' }
    await expect(client.put('videos/refused.mp4', large)).rejects.toMatchObject(diskFull)

    const full = join(stateDir, 'full')
    fillDisk(full)
    await expect(client.put('videos/refused.mp4', clip)).rejects.toMatchObject(diskFull)
    await expect(client.createJobs('videos/kept.mp4', ['w_100'])).rejects.toMatchObject(diskFull)

    rmSync(full)
    await client.put('videos/later.mp4', clip)
    const [job] = await client.createJobs('videos/later.mp4', ['w_100'])
    await events.ofType(job!.id, 'job:completed')
    expect(output()).not.toContain('Restarting')
  },
)

test('nothing remains after the system stops', async ({ system }) => {
  await expectCleanStop(system)
})

function fillDisk(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(MEGABYTES * 1024 ** 2))
  } catch {
    // The write fails when less space is free, and the disk is then full.
  }
}

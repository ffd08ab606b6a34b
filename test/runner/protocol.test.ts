/**
 * A runner and a gateway of different protocol versions, the capabilities of a runner, and its
 * secret.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { detectCapabilities } from '../../container/capabilities.ts'
import { readSettings } from '../../container/settings.ts'
import { createLog } from '../../container/log.ts'
import { MIN_PROTOCOL_VERSION } from '../../src/contract/runnerProtocol.ts'
import { clip, harness, runJob, runUntilIdle, useRunnerHarness } from './helpers/runnerHarness.ts'
import { image } from '../fixtures/renditions.ts'

useRunnerHarness()

it('the runner runs a job of a gateway with the oldest supported version', async () => {
  harness.gateway.protocolVersion = MIN_PROTOCOL_VERSION
  const { finish } = await runJob('clip.mp4', image({ width: 64, height: 64, resizeMode: 'pad' }))
  expect(finish).toMatchObject({ outcome: 'completed', output: { width: 64, height: 64 } })
})

it('the runner exits without a job when the gateway has only older versions', async () => {
  harness.gateway.protocolVersion = MIN_PROTOCOL_VERSION - 1
  const job = await harness.gateway.offer(clip('clip.mp4'), image())
  expect(await runUntilIdle()).toBe('rejected')
  expect(harness.gateway.claims).toBe(0)
  expect(job.finishes).toEqual([])
  expect(harness.logs.join('')).toContain('This gateway speaks runner protocol')
})

it('an assignment whose rendition lacks a field is logged as unreadable', async () => {
  harness.gateway.unknownFields = ['width']
  await harness.gateway.offer(clip('clip.mp4'), image())
  expect(await runUntilIdle()).toBe('idle')
  expect(harness.logs.join('')).toContain('"event":"assignment unreadable"')
  expect(harness.logs.join('')).not.toContain('gateway unreachable')
})

it('the capabilities of the machine and its ffmpeg are detected', async () => {
  const settings = readSettings({ GATEWAY_URL: harness.gateway.url, SCRATCH_DIR: harness.scratch })
  const machine = await detectCapabilities(
    settings,
    createLog((line) => expect.unreachable(line)),
  )
  expect(machine.cpus).toBeGreaterThan(0)
  expect(machine.memoryBytes).toBeGreaterThan(1e8)
  expect(machine.encoders).toEqual(
    expect.arrayContaining(['libx264', 'aac', 'libvpx-vp9', 'libopus', 'mjpeg', 'png', 'libwebp']),
  )
  expect(Array.isArray(machine.hwaccels)).toBe(true)
})

it('the capabilities are detected although ffmpeg is killed once while it lists them', async () => {
  const ffmpeg = join(harness.scratch, 'ffmpeg')
  writeFileSync(
    ffmpeg,
    '#!/bin/sh\n[ -e "$0.tried" ] || { touch "$0.tried"; kill -KILL $$; }\nexec ffmpeg "$@"\n',
    { mode: 0o755 },
  )
  const settings = readSettings({
    GATEWAY_URL: harness.gateway.url,
    SCRATCH_DIR: harness.scratch,
    FFMPEG: ffmpeg,
  })
  const machine = await detectCapabilities(
    settings,
    createLog((line) => expect.unreachable(line)),
  )
  expect(existsSync(`${ffmpeg}.tried`)).toBe(true)
  expect(machine.encoders).toContain('libx264')
  expect(machine.probeVersion).toBeDefined()
})

it('the capabilities have no encoders when ffmpeg cannot list them', async () => {
  const settings = readSettings({
    GATEWAY_URL: harness.gateway.url,
    SCRATCH_DIR: harness.scratch,
    FFMPEG: '/bin/false',
  })
  const lines: string[] = []
  const machine = await detectCapabilities(
    settings,
    createLog((line) => lines.push(line)),
  )
  expect(Object.keys(machine).toSorted()).toEqual(['cpus', 'memoryBytes'])
  expect(lines.join('')).toContain('ffmpeg does not list its encoders')
})

it('a runner sends the same random secret with each request, and does not log it', async () => {
  await runJob('clip.mp4', image({ width: 64 }))
  const [one, ...more] = harness.gateway.secrets
  expect([one, more]).toEqual([expect.stringMatching(/^[\w-]{22}$/), []])
  await runJob('clip.mp4', image({ width: 64 }))
  expect(harness.gateway.secrets.size).toBe(2)
  expect(harness.logs.join('')).not.toContain(one)
})

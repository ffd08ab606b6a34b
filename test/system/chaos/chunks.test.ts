/**
 * Split files and streams, while their runners are killed or stopped, answers are lost, and storage fails. Each job
 * must have the frames of the first one, which nothing disturbs.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { expect, vi } from 'vitest'
import { type Events, waitForEnds } from '../fixtures/events.ts'
import { makeClip } from '../fixtures/media.ts'
import { systemTest } from '../fixtures/systemTest.ts'
import { findWorkerProcess } from '../fixtures/workerProcess.ts'
import {
  disturb,
  type Fault,
  FAULTS,
  FROZEN_LEAD,
  LOST_SEGMENT,
  STREAM_KILLS,
} from './chunkFaults.ts'
import { startCrew } from './crew.ts'
import { expectCleanStop, expectConsistentState } from './invariants.ts'
import * as jobs from './jobs.ts'
import { expectNoEncodes, listFfmpegs, sendSignal } from './processes.ts'
import { startRunner } from './runner.ts'
import { hashFrames, listChunks } from './splitJobs.ts'
import { hashTracks } from './streams.ts'

const SECONDS = 6
const FRAME_RATE = 30
const TRANSFORMATION = 'w_128'
const SPLIT = { chunkSeconds: 2 }
/** The audio, three chunks of video, and the join. */
const CHUNKS = SECONDS / SPLIT.chunkSeconds + 2
const RUNNERS = 3
/** The audio, four seconds of video and twice two, and the join, in two sizes. */
const STREAM = 'f_hls,lad_144+180,sd_2'
const STREAM_SECONDS = 8
/** Takes seconds to encode. */
const SLOW_VIDEO = 'chunks/slow.mp4'

const test = systemTest({ runners: 0 }).extend(
  'crew',
  { scope: 'file', auto: true },
  async ({ system }, { onCleanup }) => {
    const crew = await startCrew(system, RUNNERS)
    onCleanup(() => crew.stop())
    return crew
  },
)

const streamClip = makeClip({ size: '320x180', seconds: STREAM_SECONDS })

/** The frames of the undisturbed job. */
let expected = { video: 0, hash: '' }

test.beforeAll(async ({ system: { client } }) => {
  await jobs.setQueue(client, { leaseSeconds: jobs.LEASE_SECONDS, concurrency: 8 })
  const clip = makeClip({ size: '160x90', seconds: SECONDS })
  for (const file of ['undisturbed', ...Object.keys(FAULTS)]) {
    await client.put(pathOf(file), clip)
  }
  await client.put(SLOW_VIDEO, makeClip({ size: '1280x720', seconds: 12, crf: 51 }))
})

function pathOf(file: string) {
  return `chunks/${file.replaceAll(' ', '-')}.mp4`
}

test('a long encode is made in chunks by several runners', async ({ system, events }) => {
  const { client } = system
  const jobId = await jobs.createOne(client, pathOf('undisturbed'), TRANSFORMATION, SPLIT)
  await events.ofType(jobId, 'job:completed')

  const chunks = await listChunks(client, jobId)
  expect(chunks.map(({ kind, status, attempt }) => [kind, status, attempt])).toEqual([
    ['audio', 'completed', 1],
    ...Array.from({ length: CHUNKS - 2 }, () => ['video', 'completed', 1]),
    ['join', 'completed', 1],
  ])
  expect(new Set(chunks.map(({ runner }) => runner)).size).toBeGreaterThan(1)
  expected = await hashFrames(client, jobId)
  expect(expected.video).toBe(SECONDS * FRAME_RATE)

  const progress = events.ofJob(jobId).filter(({ type }) => type === 'job:progress')
  const percents = progress.map(({ data }) => data.progress as number)
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  const counts = progress.flatMap(({ data }) => (data.chunks ? [data.chunks] : []))
  expect(counts.at(-1)).toEqual({ done: CHUNKS - 1, total: CHUNKS, active: 1 })
  await expectConsistentState(system)
})

test('joined files are made in chunks too', async ({ system, events }) => {
  const { client } = system
  const path = pathOf('undisturbed')
  const joined = `w_128,cat_${path.replace('/', ':')}`
  const jobId = await jobs.createOne(client, path, joined, SPLIT)
  await events.ofType(jobId, 'job:completed')
  const chunks = await listChunks(client, jobId)
  // The last two of six are made as five.
  expect(chunks.map(({ kind }) => kind)).toEqual([
    'audio',
    ...Array.from({ length: 9 }, () => 'video'),
    'join',
  ])
  expect(chunks.every(({ attempt }) => attempt === 1)).toBe(true)
  expect((await hashFrames(client, jobId)).video).toBe(2 * SECONDS * FRAME_RATE)
  await expectConsistentState(system)
})

test('a fault at any stage costs at most the chunks at hand, and changes no frame', async ({
  system,
  crew,
  events,
}) => {
  const { client } = system
  const faults = new Map<string, Fault[]>()
  const created: { name: string; jobId: string; fault: Fault }[] = []
  await jobs.setQueue(client, { paused: true })
  for (const [name, fault] of Object.entries(FAULTS)) {
    const jobId = await jobs.createOne(client, pathOf(name), TRANSFORMATION, SPLIT)
    faults.set(jobId, [fault])
    created.push({ name, jobId, fault })
  }
  const { occurred, settled } = disturb(system, crew, { faults, joinIndex: CHUNKS - 1 })
  await jobs.setQueue(client, { paused: false })
  await waitForEnds(events, [...faults.keys()])
  await settled()
  crew.setRule()
  let extraAttempts = 0
  for (const { name, jobId, fault } of created) {
    const times = fault.isForEach ? CHUNKS + 1 : (fault.times ?? 1)
    expect(occurred.get(jobId)!.get(fault), name).toHaveLength(times)
    const outcomes = await jobs.listOutcomes(client, jobId)
    expect(outcomes.at(-1), name).toBe('completed')
    expect(outcomes.length, name).toBeGreaterThan(fault.costsJob ? 1 : 0)
    const chunks = await listChunks(client, jobId)
    const extra = chunks.reduce((sum, { attempt }) => sum + attempt - 1, 0)
    expect(extra, name).toBeGreaterThanOrEqual(fault.costsChunk ? 1 : 0)
    extraAttempts += extra + outcomes.length - 1
    expect(await hashFrames(client, jobId), name).toEqual(expected)
  }
  // A runner can hold three chunks, or two and a job: one that it uploads, the next, and the audio. A lost file costs
  // its chunk and a join.
  const costly = Object.keys(FAULTS).filter((name) => /kill|stops|lost file/.test(name)).length
  expect(extraAttempts).toBeLessThanOrEqual(3 * costly)
  await expectConsistentState(system)
})

test('a stream whose runners are killed at every stage, or whose lead stops, has the same frames', async ({
  system,
  crew,
  events,
}) => {
  const { client } = system
  const create = async (file: string) => {
    await client.put(pathOf(file), streamClip)
    return jobs.createOne(client, pathOf(file), STREAM, SPLIT)
  }
  const undisturbed = await create('undisturbed stream')
  await events.ofType(undisturbed, 'job:completed')
  const frames = await hashTracks(client, undisturbed)
  expect(frames).toMatchObject({
    'v144.m3u8': { frames: STREAM_SECONDS * FRAME_RATE },
    'v180.m3u8': { frames: STREAM_SECONDS * FRAME_RATE },
    'a.m3u8': {},
  })

  await jobs.setQueue(client, { paused: true })
  const killed = await create('killed stream')
  const frozen = await create('frozen stream')
  const kills = Object.values(STREAM_KILLS)
  const faults = new Map([
    [killed, [...kills, LOST_SEGMENT]],
    [frozen, [FROZEN_LEAD]],
  ])
  const joinIndex = (await listChunks(client, undisturbed)).length - 1
  const { occurred, settled } = disturb(system, crew, { faults, joinIndex })
  await jobs.setQueue(client, { paused: false })
  await waitForEnds(events, [killed, frozen])
  await settled()
  crew.setRule()
  for (const [name, fault] of Object.entries(STREAM_KILLS)) {
    expect(occurred.get(killed)!.get(fault), name).toHaveLength(1)
  }
  expect(occurred.get(killed)!.get(LOST_SEGMENT)).toHaveLength(1)
  expect(occurred.get(frozen)!.get(FROZEN_LEAD)).toHaveLength(1)
  expect(await jobs.listOutcomes(client, killed)).toEqual(['runner_lost', 'completed'])
  // A runner that is killed while it makes a chunk of one job can hold the other one, before its split.
  const [first, ...others] = await jobs.listOutcomes(client, frozen)
  expect([first, others.at(-1)]).toEqual(['runner_lost', 'completed'])
  expect(others.slice(0, -1).filter((outcome) => outcome !== 'runner_lost')).toEqual([])
  expect(others.length).toBeLessThanOrEqual(1 + kills.length)
  for (const jobId of [killed, frozen]) {
    expect(await hashTracks(client, jobId)).toEqual(frames)
  }
  const attempts = (await listChunks(client, killed)).map(({ attempt }) => attempt)
  const extra = attempts.reduce((sum, attempt) => sum + attempt - 1, 0)
  // In mid-chunk, during an upload, and during the join. A lost segment costs its chunk and a join.
  expect(extra).toBeGreaterThanOrEqual(5)
  expect(extra).toBeLessThanOrEqual(3 * kills.length + 2)
  await expectConsistentState(system)
})

/** Waits until two runners make chunks of a job. Returns the progress of the job. */
async function waitForTwoChunks(events: Events, jobId: string): Promise<number> {
  const found = await events.first(({ type, data }) => {
    const chunks = data.chunks as { active: number } | undefined
    return type === 'job:progress' && data.jobId === jobId && (chunks?.active ?? 0) > 1
  })
  return found.data.progress as number
}

test('kill -9 of the Worker costs no chunk, and the progress does not decrease', async ({
  system,
  events,
}) => {
  const { client } = system
  const jobId = await jobs.createOne(client, SLOW_VIDEO, 'w_1000', { chunkSeconds: 4 })
  const before = await waitForTwoChunks(events, jobId)
  sendSignal(findWorkerProcess(system))
  await events.reconnect()
  await events.ofType(jobId, 'job:completed')
  const progress = events.ofJob(jobId).filter(({ type }) => type === 'job:progress')
  const percents = [before, ...progress.map(({ data }) => data.progress as number)]
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  const attempts = (await listChunks(client, jobId)).map(({ attempt }) => attempt)
  expect(attempts.filter((attempt) => attempt !== 1)).toEqual([])
  await expectConsistentState(system)
})

test.for([
  ['cancelled', jobs.cancel],
  ['deleted', jobs.remove],
] as const)(
  'the runners of a job that is %s stop within 3 s',
  async ([, end], { system, events }) => {
    const { client, stateDir } = system
    const jobId = await jobs.createOne(client, SLOW_VIDEO, 'f_webm,w_1000', {
      chunkSeconds: 4,
    })
    await waitForTwoChunks(events, jobId)
    await vi.waitFor(() => expect(listFfmpegs(stateDir).length).toBeGreaterThan(1))
    expect((await end(client, jobId)).status).toBe(200)
    await expectNoEncodes(stateDir)
    await expectConsistentState(system)
  },
)

test('a runner with another version of ffmpeg makes no chunk of a job', async ({
  system,
  crew,
  events,
}) => {
  const { client } = system
  // One chunk is held until the other runner has done what it can.
  const isHeld = Promise.withResolvers<string>()
  const goOn = Promise.withResolvers<void>()
  crew.setRule(async ({ id, action, forward }) => {
    if (action === 'output' && id.includes('.')) {
      isHeld.resolve(id)
      await goOn.promise
    }
    return forward()
  })
  await client.put('chunks/versions.mp4', makeClip({ size: '160x90', seconds: SECONDS }))
  const jobId = await jobs.createOne(client, 'chunks/versions.mp4', TRANSFORMATION, {
    ...SPLIT,
    maxChunksAtOnce: 3,
  })
  await isHeld.promise
  const other = await startRunner(system, {
    name: 'other-version',
    path: writeOtherFfmpeg(system.stateDir),
  })
  try {
    const image = await jobs.createOne(client, 'chunks/versions.mp4', 't_true,tt_1,w_64')
    await events.ofType(image, 'job:completed')
    goOn.resolve()
    await events.ofType(jobId, 'job:completed')
  } finally {
    goOn.resolve()
    await other.stop()
    crew.setRule()
  }
  const runners = (await listChunks(client, jobId)).map(({ runner }) => runner!)
  expect(runners.filter((runner) => !runner.startsWith('crew-'))).toEqual([])
  expect(await hashFrames(client, jobId)).toEqual(expected)
})

/** Writes an `ffmpeg` whose banner names another version. Returns a PATH with it. */
function writeOtherFfmpeg(stateDir: string): string {
  const folder = join(stateDir, 'other-bin')
  mkdirSync(folder, { recursive: true })
  const ffmpeg = execFileSync('which', ['ffmpeg']).toString().trim()
  const script = join(folder, 'ffmpeg')
  writeFileSync(
    script,
    `#!/bin/sh\n[ "$1" = -encoders ] && echo 'ffmpeg version 0' >&2\nexec ${ffmpeg} "$@"\n`,
  )
  chmodSync(script, 0o755)
  return `${folder}${delimiter}${process.env['PATH']}`
}

test('nothing remains after the system stops', async ({ system, crew }) => {
  await crew.stop()
  await expectCleanStop(system)
})

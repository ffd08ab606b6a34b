/**
 * A stream during its encode: when its files are stored, and what remains when the attempt fails.
 */
import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/contract/runnerProtocol.ts'
import {
  harness,
  clip,
  ffmpegProcesses,
  runJob,
  runUntilIdle,
  useRunnerHarness,
} from './helpers/runnerHarness.ts'
import { stream } from '../fixtures/renditions.ts'
import { openPackage, parsePlaylist } from './helpers/streamReader.ts'

useRunnerHarness()

const RENDITION = stream({ ladder: [144, 180], segmentSeconds: 2 })
function nextPlayableReport() {
  return harness.gateway.next<Report>('report', (report) => report.playable)
}
/** Collects the files that the gateway stores until the end of the test. */
function recordFiles() {
  const stored: { name: string; bytes: Buffer }[] = []
  const recording = (async () => {
    for (;;) {
      stored.push(await harness.gateway.next<{ name: string; bytes: Buffer }>('file'))
    }
  })()
  void recording
  return stored
}
/**
 * Starts a stream whose source stops sending bytes at its tenth second, so that the encode stays
 * active.
 */
async function startHeldStream() {
  harness.gateway.sourceFault = (start) => (start > 115e6 && start < 130e6 ? 'hold' : null)
  const job = await harness.gateway.offer(clip('big.mov'), RENDITION)
  const ended = runUntilIdle()
  await nextPlayableReport()
  return { job, ended }
}

it('no media playlist names a file that is not stored yet', async () => {
  harness.gateway.failures.part = 3
  const stored = recordFiles()
  const { job, finish } = await runJob('big.mov', RENDITION)
  expect(finish.outcome).toBe('packaged')
  const storedNames = new Set<string>()
  const playlists: Record<string, string[]> = {}
  for (const { name, bytes } of stored) {
    storedNames.add(name)
    if (!name.endsWith('.m3u8') || name === 'master.m3u8') {
      continue
    }
    const { segments, endList } = parsePlaylist(bytes)
    const listedNames = segments.flatMap(({ uri, map }) => [uri, map!.uri])
    expect(listedNames.filter((each) => !storedNames.has(each))).toEqual([])
    // Names are only appended, as playlists of type EVENT require.
    const previousNames = playlists[name] ?? []
    expect(listedNames.slice(0, previousNames.length)).toEqual(previousNames)
    playlists[name] = listedNames
    expect(String(bytes)).toContain(endList === true ? 'TYPE:VOD' : 'TYPE:EVENT')
  }
  expect(stored.at(-1)?.name).toBe('master.m3u8')
  expect(storedNames).toEqual(new Set(job.files.keys()))
  const { rungs, read } = await openPackage(job)
  expect(rungs.map((uri) => read(uri).segments.length)).toEqual([6, 6])
})

it('a stream is complete although ten uploads failed at first', async () => {
  harness.gateway.failures.part = 10
  const { job, finish } = await runJob('tail.mp4', RENDITION)
  expect(finish).toMatchObject({ outcome: 'packaged', output: { width: 320, height: 180 } })
  expect(parsePlaylist(job.files.get('v144.m3u8')).segments).toHaveLength(3)
})

describe('while the job runs, the stream', () => {
  it('is playable once the playlists and two segments of each track are stored', async () => {
    const { job, ended } = await startHeldStream()
    expect(job.finishes).toEqual([])
    expect(job.reports.at(-1)).toMatchObject({ stage: 'encode', playable: true })
    const { master, rungs, read, probe } = await openPackage(job)
    expect(master.playlists?.map(({ uri }) => uri).toSorted()).toEqual(rungs)
    expect(master.iFramePlaylists ?? []).toEqual([])
    for (const uri of rungs) {
      const { segments, playlistType, endList } = read(uri)
      expect(segments.length).toBeGreaterThanOrEqual(2)
      expect({ playlistType, endList }).toEqual({ playlistType: 'EVENT', endList: undefined })
      expect((await probe(segments[0]!.map!.uri)).streams).toHaveLength(1)
    }
    job.isLeaseLost = true
    await ended
  })

  it('reports progress that never decreases', async () => {
    const { job } = await runJob('big.mov', RENDITION)
    const progress = job.reports.map((report) => report.progress)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))
  })
})

it('the last master playlist has no higher BANDWIDTH than the first one', async () => {
  const stored = recordFiles()
  await runJob('stream.mp4', RENDITION)
  const [first, last] = stored.filter(({ name }) => name === 'master.m3u8')
  const rates = ({ bytes }: { bytes: Buffer }) =>
    parsePlaylist(bytes)
      .playlists!.toSorted((one, other) => one.uri.localeCompare(other.uri))
      .map(({ attributes }) => Number(attributes['BANDWIDTH']))
  const [firstRates, lastRates] = [rates(first!), rates(last!)]
  lastRates.forEach((rate, at) => expect(rate).toBeLessThanOrEqual(firstRates[at]!))
})

// `useRunnerHarness` checks this after each test.
describe('no files remain in the scratch folder', () => {
  it('when the lease is lost', async () => {
    const { job, ended } = await startHeldStream()
    const claimed = harness.gateway.next('claim')
    job.isLeaseLost = true
    await claimed
    expect(await ffmpegProcesses()).toEqual([])
    await ended
    expect(job.finishes).toEqual([])
  })

  it('when ffmpeg is killed', async () => {
    const { job, ended } = await startHeldStream()
    for (const pid of await ffmpegProcesses()) {
      process.kill(pid, 'SIGKILL')
    }
    await ended
    expect(job.finishes).toMatchObject([{ outcome: 'failed', errorCode: 'out_of_memory' }])
  })

  it('when no file can be stored, which fails the attempt with a storage failure', async () => {
    harness.gateway.failures.part = Infinity
    const { job, finish } = await runJob('big.mov', RENDITION)
    expect(finish).toMatchObject({ outcome: 'failed', errorCode: 'storage' })
    expect(job.files.size).toBe(0)
  })
})

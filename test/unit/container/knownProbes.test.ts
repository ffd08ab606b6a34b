/** A known probe can come from another runner, so what is wrong in it is not used. */
import { expect, it } from 'vitest'
import { createKnownProbes } from '../../../container/attempt/knownProbes.ts'
import { createProbeMemo } from '../../../container/ffmpeg/probe/probeMemo.ts'
import { readHeader } from '../../../container/ffmpeg/probe/readHeader.ts'
import { type Assignment, assignment } from '../../../src/contract/runnerProtocol.ts'
import { MAX_STORED_PROBE_CHARACTERS } from '../../../src/contract/storedProbe.ts'
import { image, video } from '../../fixtures/renditions.ts'

const VERSION = '1-0123456789abcdef'
const HEADER = {
  output: {
    program_version: { version: '7.1.1-1+b1' },
    format: { format_name: 'mov,mp4,m4a,3gp,3g2,mj2', duration: 4 },
    streams: [
      { index: 0, codec_type: 'video', pix_fmt: 'yuv420p', sample_aspect_ratio: '64:45' },
      {
        index: 1,
        codec_type: 'audio',
        channel_layout: '5.1(side)',
        tags: { DURATION: '00:00:04.0' },
      },
    ],
  },
  rejectedSize: null,
}

function assign(more: Partial<Assignment> = {}): Assignment {
  return assignment.parse({
    jobId: 'job_1',
    queue: 'default',
    fence: 1,
    attempt: 1,
    filePath: 'videos/clip.mp4',
    rendition: image(),
    source: { sizeBytes: 1, etag: 'a' },
    leaseSeconds: 30,
    stallSeconds: 30,
    timeoutSeconds: 60,
    ...more,
  })
}

/** Reads a header that is known in this form. The program that would find another one is missing. */
function readKnown(header: unknown) {
  return readHeader(
    'header',
    { entries: '' },
    {
      memo: createProbeMemo({ header }),
      ffprobe: '/missing/ffprobe',
      input: [],
      limits: { memoryBytes: 1e9, fileBytes: 0, cpuSeconds: null },
      bytesRead: () => 0,
      cwd: '/',
      signal: new AbortController().signal,
    },
  )
}

it('uses a known header', async () => {
  expect(await readKnown(HEADER)).toMatchObject(HEADER)
})

it.each([
  ['a text that changes a filter graph', { pix_fmt: 'yuv420p[a];movie=/etc/passwd' }],
  ['a text with a separator of filters', { pix_fmt: 'yuv420p,negate' }],
  ['a tag with such a text', { tags: { DURATION: "'" } }],
])('does not use a header with %s', async (_, fields) => {
  const streams = [{ ...HEADER.output.streams[0], ...fields }]
  const header = { ...HEADER, output: { ...HEADER.output, streams } }
  await expect(readKnown(header)).rejects.toThrow('cannot be started')
})

it('does not use a header with more than 64 streams', async () => {
  const streams = Array.from({ length: 65 }, () => ({ index: 0 }))
  const header = { ...HEADER, output: { ...HEADER.output, streams } }
  await expect(readKnown(header)).rejects.toThrow('cannot be started')
})

it('keeps a probe for the same path and etag, and says what the gateway lacks', () => {
  const probes = createKnownProbes(VERSION)
  const probe = { version: VERSION, results: { header: HEADER } }
  const memo = createProbeMemo(probe.results)
  expect(probes.findNew(assign(), memo)).toEqual(probe)
  expect(probes.findNew(assign({ probe }), memo)).toBeUndefined()
  probes.keep(assign(), { original: memo, references: new Map() })
  const listKnown = (more: Partial<Assignment>) => [
    ...probes.open(assign(more)).original.results.keys(),
  ]
  expect(listKnown({})).toEqual(['header'])
  expect(listKnown({ filePath: 'videos/other.mp4' })).toEqual([])
  expect(listKnown({ source: { sizeBytes: 1, etag: 'b' } })).toEqual([])
  expect(listKnown({ attempt: 2 })).toEqual([])
})

it('keeps the probes of reference files, also for a job whose original one of them is', () => {
  const probes = createKnownProbes(VERSION)
  const appending = (etag: string) =>
    assign({
      rendition: video({ append: ['videos/next.mp4', 'videos/clip.mp4'] }),
      references: [
        { sizeBytes: 1, etag },
        { sizeBytes: 1, etag: 'a' },
      ],
    })
  probes.keep(appending('b'), {
    original: createProbeMemo({ header: HEADER }),
    references: new Map([
      ['videos/next.mp4', createProbeMemo({ packets: 1 })],
      ['videos/clip.mp4', createProbeMemo({ packets: 2 })],
    ]),
  })
  const listKnown = (etag: string) =>
    [...probes.open(appending(etag)).references].map(([, { results }]) => [...results.keys()])
  expect(listKnown('b')).toEqual([['packets'], ['header']])
  expect(listKnown('c')).toEqual([[], ['header']])
  const next = assign({ filePath: 'videos/next.mp4', source: { sizeBytes: 1, etag: 'b' } })
  expect([...probes.open(next).original.results.keys()]).toEqual(['packets'])
  const retry = { ...appending('b'), attempt: 2 }
  expect(probes.open(retry).references.get('videos/next.mp4')!.results.size).toBe(0)
})

it('ignores a probe with another version, and stores none that is too large', () => {
  const probes = createKnownProbes(VERSION)
  const results = { header: HEADER }
  const other = { version: '1-ffffffffffffffff', results }
  expect(probes.open(assign({ probe: other })).original.results.size).toBe(0)
  const large = { ...results, packets: 'x'.repeat(MAX_STORED_PROBE_CHARACTERS) }
  expect(probes.findNew(assign(), createProbeMemo(large))).toBeUndefined()
  // The gateway sends one that this runner cannot read: the job runs without it.
  expect(assignment.parse({ ...assign(), probe: { version: 'x', results } }).probe).toBeUndefined()
})

it('stores a probe without its list of key frames if it is too large with it', () => {
  const probes = createKnownProbes(VERSION)
  const packets = 'x'.repeat(MAX_STORED_PROBE_CHARACTERS - 500)
  const keyframes = { 'keyframes:0a': Array<number>(150).fill(1234.567891) }
  const read = (results: Record<string, unknown>) =>
    Object.keys(probes.read(createProbeMemo(results))?.results ?? {})
  expect(read({ packets, ...keyframes })).toEqual(['packets'])
  expect(read({ packets: 'x', ...keyframes })).toEqual(['packets', 'keyframes:0a'])
})

/** Assignments for runners of each supported protocol version. */
import { describe, expect, it } from 'vitest'
import { AUDIO_CODECS, VIDEO_CODECS } from '../../../src/contract/codecs.ts'
import { readAssignment, writeAssignment } from '../../../src/contract/assignmentVersions.ts'
import { RENDITIONS } from '../../../src/contract/rendition.ts'
import {
  type Assignment,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
} from '../../../src/contract/runnerProtocol.ts'
import { readCanonicalForm } from '../../../src/domain/transformation/canonicalForm.ts'

function assign(name: string): Assignment {
  return {
    jobId: 'job_1',
    queue: 'default',
    fence: 1,
    attempt: 1,
    filePath: 'a.mp4',
    rendition: readCanonicalForm(name),
    source: { sizeBytes: 1, etag: 'e' },
    references: [],
    leaseSeconds: 30,
    stallSeconds: 60,
    timeoutSeconds: 100,
    chunkSeconds: 30,
    unsplitReason: null,
  }
}
const NAMES = [
  'w_64,h_64,c_pad,p_small,so_1,cut_fast,wm_a.png,wg_north,ws_20,wo_50',
  'f_hls,p_fast',
  'f_mp3,so_1',
  't_true,c_crop,w_10',
  't_preview',
  't_sprite',
  't_wave,wc_ff0000',
  'f_json',
]

describe.each(NAMES)('an assignment for %s', (name) => {
  it.each([...new Set([MIN_PROTOCOL_VERSION, PROTOCOL_VERSION])])(
    'is read as it was written, in version %i',
    (protocol) => {
      const sent: unknown = JSON.parse(JSON.stringify(writeAssignment(assign(name), protocol)))
      expect(readAssignment(sent, protocol)).toEqual(assign(name))
    },
  )
})

it('these assignments cover every kind of rendition', () => {
  const kinds = new Set(NAMES.map((name) => readCanonicalForm(name).kind))
  expect(kinds).toEqual(new Set(Object.keys(RENDITIONS)))
})

/**
 * Fields of the renditions, and codecs, in the newest protocol version. A new field or codec needs
 * a new version, and MIN_PROTOCOL_VERSION must become that version: older runners do not know the
 * field or codec.
 */
const NEWEST = {
  version: 4,
  fields: [
    'append atSeconds audioCodec audioKbps audioTrack background columns encoderSpeed endSeconds',
    'fadeInSeconds fadeOutSeconds flip focusX focusY format frameRate gravity height',
    'intervalSeconds kind ladder loudness metadata pick quality resizeMode rotate segmentSeconds',
    'sizeKilobytes speed startSeconds subtitleMode subtitles trimMode videoCodec videoKbps',
    'watermark watermarkGravity watermarkOpacity watermarkSize waveformColor width',
  ],
  codecs: 'h264 h265 vp9 av1 aac opus mp3 pcm copy none',
}

it('the fields of renditions, and the codecs, are those of the newest protocol version', () => {
  const fields = new Set(Object.values(RENDITIONS).flatMap(({ shape }) => Object.keys(shape)))
  expect({
    version: PROTOCOL_VERSION,
    fields: [...fields].toSorted().join(' '),
    codecs: [...VIDEO_CODECS, ...AUDIO_CODECS].join(' '),
  }).toEqual({ ...NEWEST, fields: NEWEST.fields.join(' ') })
})

it('a video rendition in version 3 has the field names of that version', () => {
  const { rendition } = writeAssignment(assign(NAMES[0]!), 3)
  expect(Object.keys(rendition).sort()).toEqual(
    [
      'kind format width height fit gravity focusX focusY background quality rotate flip overlay',
      'overlayGravity overlaySize overlayOpacity startSeconds endSeconds cut speed append',
      'fadeInSeconds fadeOutSeconds audioCodec audioKbps audioTrack loudness videoCodec preset',
      'frameRate subtitles subtitleMode metadata videoKbps sizeKilobytes',
    ]
      .join(' ')
      .split(' ')
      .sort(),
  )
})

it('a video assignment that is written in version 3 cannot be read as version 4', () => {
  const sent = writeAssignment(assign(NAMES[0]!), 3)
  expect(() => readAssignment(sent, 4)).toThrow()
})

/** Assignments for runners of each supported protocol version. */
import { describe, expect, it } from 'vitest'
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

it('an assignment that is written in version 3 cannot be read as version 4', () => {
  const sent = writeAssignment(assign(NAMES[0]!), 3)
  expect(() => readAssignment(sent, 4)).toThrow()
})

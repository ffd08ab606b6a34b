import { describe, expect, it } from 'vitest'
import {
  boundAudioTimes,
  boundVideoTimes,
  describeUnexamined,
} from '../../../container/ffmpeg/edit/steps/boundTimes.ts'
import { createReportReader } from '../../../container/ffmpeg/process/wrongTime.ts'
import { probed } from '../../fixtures/probes.ts'

describe('a report of a wrong time', () => {
  it.each([
    ['is a line of a filter', ['Press [q] to stop\n-4919.4', '91900\n']],
    [
      'is what ffmpeg 5.1 writes for a copied packet',
      ['[mp4 @ 0x55d8] Non-monotonous DTS in output stream 0:1; previous: 9, current: 3\n'],
    ],
    ['is what ffmpeg 7.1 writes', ['[aost#0:1/copy @ 0x5] Non-monotonic DTS; previous: 9\n']],
  ])('%s', (_, parts) => {
    expect(parts.map(createReportReader()).at(-1)).toBe(true)
  })

  it('is found after the beginning of a line of another thread', () => {
    expect(createReportReader()('[libvpx-vp9 @ 0x5] v1.12-4919.491900\n')).toBe(true)
  })

  it('is no other number, and no text of the file', () => {
    const text = '-4919.4919001\n4919.491900\n  comment : Non-monotonic DTS\n'
    expect(createReportReader()(text)).toBe(false)
  })
})

it('the filters of each track report wrong times only in files whose times were not examined', () => {
  const trim = { startSeconds: 0, durationSeconds: null }
  const probe = probed()
  const listFilters = (hasExaminedTimes: boolean) => {
    const unexamined = describeUnexamined({
      url: '',
      path: '',
      probe: { ...probe, hasExaminedTimes },
    })
    return [
      boundVideoTimes(probe.video!, trim, unexamined),
      boundAudioTimes(probe.audio!, trim, unexamined),
    ].map((filters) => filters.join(',').includes('print('))
  }
  expect([listFilters(false), listFilters(true)]).toEqual([
    [true, true],
    [false, false],
  ])
})

import { expect, it } from 'vitest'
import { createProgressReader } from '../../../container/ffmpeg/process/progressParser.ts'

const OUTPUT = [
  'frame=1',
  'fps=0.00',
  'out_time_us=N/A',
  'out_time=N/A',
  'progress=continue',
  'frame=50',
  'out_time_us=2000000',
  'total_size=4096',
  'progress=continue',
  'frame=100',
  'out_time_us=4017052',
  'speed=14.3x',
  'progress=end',
  '',
].join('\n')

it('progress is the same however the output is split into chunks', () => {
  for (let length = 1; length <= OUTPUT.length; length++) {
    const read = createProgressReader()
    let last = read('')
    for (let at = 0; at < OUTPUT.length; at += length) {
      last = read(OUTPUT.slice(at, at + length))
    }
    expect(last).toEqual({ outSeconds: 4.017052, frames: 100, bytes: 4096 })
  }
})

it('a line is not read until it is complete', () => {
  const read = createProgressReader()
  expect(read('out_time_us=20000').outSeconds).toBe(0)
  expect(read('00\n').outSeconds).toBe(2)
})

it('an unknown time is no progress', () => {
  const read = createProgressReader()
  expect(read('out_time_us=9223372036851775808\nframe=1\n')).toMatchObject({ outSeconds: 0 })
  expect(read('out_time_us=200000000000\n')).toMatchObject({ outSeconds: 200_000 })
})

it('progress never decreases', () => {
  const read = createProgressReader()
  read('out_time_us=3000000\nframe=75\n')
  const after = read('out_time_us=1000000\nframe=25\nout_time_us=-5\nout_time_us=N/A\n')
  expect(after).toEqual({ outSeconds: 3, frames: 75, bytes: 0 })
})

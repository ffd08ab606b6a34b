import { expect, test } from 'vitest'
import { ffmpegOptions } from '../../../container/ffmpeg/process/options.ts'

test('options keep the order of the record', () => {
  expect(ffmpegOptions({ 'c:v': 'libx264', preset: 'fast', crf: 23 })).toEqual([
    '-c:v',
    'libx264',
    '-preset',
    'fast',
    '-crf',
    '23',
  ])
})

test('null, undefined and false leave an option out, true gives it without a value', () => {
  expect(ffmpegOptions({ ss: null, t: undefined, sn: false, an: true })).toEqual(['-an'])
})

test('zero and the empty string are values', () => {
  expect(ffmpegOptions({ loop: 0, metadata: '' })).toEqual(['-loop', '0', '-metadata', ''])
})

test('an array repeats its option, and an empty one leaves it out', () => {
  expect(ffmpegOptions({ map: ['0:v:0', null, '0:a:0'], vf: [] })).toEqual([
    '-map',
    '0:v:0',
    '-map',
    '0:a:0',
  ])
})

import { expect, it } from 'vitest'
import { limitThreads } from '../../../container/ffmpeg/process/threads.ts'
import { args } from '../../fixtures/args.ts'

it('limits the threads of decoders, filters and video encoders', () => {
  const command = args`-y -ss 1 -i a.mp4 -i logo.png -map 0:v -c:v libx264 -c:a aac out.mp4`
  expect(limitThreads(command, { decoders: 2, others: 2 })).toEqual(
    args`-filter_complex_threads 2 -y -ss 1 -threads 2 -i a.mp4 -threads 2 -i logo.png
      -map 0:v -threads 2 -c:v libx264 -c:a aac out.mp4`,
  )
})

it('limits the threads of decoders alone', () => {
  const command = args`-i a.mp4 -i logo.png -map 0:v -c:v libx264 out.mp4`
  expect(limitThreads(command, { decoders: 1, others: null })).toEqual(
    args`-threads 1 -i a.mp4 -threads 1 -i logo.png -map 0:v -c:v libx264 out.mp4`,
  )
})

it('changes nothing for a track that is copied, or without a limit', () => {
  const copy = args`-i a.mp4 -c:v copy out.mp4`
  const one = limitThreads(copy, { decoders: 1, others: 1 })
  expect(one.at(-3)).toBe('-c:v')
  expect(one.filter((word) => word === '-threads')).toHaveLength(1)
  expect(limitThreads(copy, { decoders: null, others: null })).toEqual(copy)
})

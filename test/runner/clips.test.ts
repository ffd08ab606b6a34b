import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { clip } from './helpers/runnerHarness.ts'

const execute = promisify(execFile)

async function readStreams(name: string) {
  const list = ['-v', 'error', '-of', 'json', '-show_streams', '-count_packets', clip(name)]
  const { streams } = JSON.parse((await execute('ffprobe', list)).stdout)
  return streams
}

it.each([
  ['phone.mov', { side_data_list: [{ rotation: -90 }], avg_frame_rate: '30000/1001' }],
  ['hlg.mp4', { pix_fmt: 'yuv420p10le', color_transfer: 'arib-std-b67' }],
  ['vfr.mp4', { r_frame_rate: '60/1', nb_read_packets: '36' }],
  ['interlaced.mp4', { field_order: 'tt' }],
  ['odd.mkv', { width: 641, height: 361 }],
  ['short.mp4', { nb_read_packets: '2' }],
  ['one-frame.mp4', { nb_read_packets: '1' }],
  ['one-fps.mp4', { avg_frame_rate: '1/1' }],
])('the clip %s has the intended properties', async (name, properties) => {
  const [firstTrack] = await readStreams(name)
  expect(firstTrack).toMatchObject(properties)
})

it('the clips have the intended numbers of tracks, languages and channels', async () => {
  expect(await readStreams('silent.mp4')).toHaveLength(1)
  const [, ...tracks] = await readStreams('languages.mkv')
  expect(tracks.map(({ tags }: { tags: { language: string } }) => tags.language)).toEqual([
    'eng',
    'ger',
    'fre',
  ])
  const [, surround] = await readStreams('surround.mkv')
  expect(surround).toMatchObject({ channels: 6 })
})

/** Video that is interlaced or telecined, whether its file declares it or not. */
import { beforeAll, describe, expect, it } from 'vitest'
import { args } from '../../fixtures/args.ts'
import { image, preview, sprite, stream, video } from '../../fixtures/renditions.ts'
import { AAC, H264, lavfi, testVideo, tone } from '../helpers/clips/inputs.ts'
import { countScans, measureSsim, readFrameTimes } from '../helpers/measureOutput.ts'
import { clip, probeOutput, runJob, useRunnerHarness } from '../helpers/runnerHarness.ts'
import { ffmpeg } from './caseFiles.ts'

useRunnerHarness()

const PAL = testVideo('480x384', 50, 3)
const NTSC = testVideo('480x320', '60000/1001', 3)
const FILM = testVideo('480x320', '24000/1001', 3)
const LINES = lavfi('color=white:s=320x240:r=25:d=2')
const TFF = args`-vf tinterlace=interleave_top,setfield=prog`
const BFF = args`-vf tinterlace=interleave_bottom,setfield=prog`
const MPEG2 = args`-c:v mpeg2video -q:v 3 -pix_fmt yuv420p`
const DECLARED = args`-flags +ildct+ilme -top 1`

/** Keeps the frames from which the first fields of the interlaced frames were taken. */
const FIRST_FIELDS = args`-vf framestep=2`

const FILES: Record<string, string[]> = {
  'pal-tff.mp4': args`${PAL} ${TFF} ${H264}`,
  'pal-bff.mkv': args`${PAL} ${BFF} ${H264}`,
  'ntsc-bff.mov': args`${NTSC} ${BFF} -c:v prores_ks -profile:v 0`,
  'ntsc-tff.ts': args`${NTSC} ${TFF} ${MPEG2}`,
  'pal-tff.webm': args`${PAL} ${TFF} -c:v libvpx-vp9 -cpu-used 8 -deadline realtime -crf 20 -b:v 0`,
  'pal-bff.avi': args`${PAL} ${BFF} -c:v huffyuv -pix_fmt yuv422p`,
  // The container declares one field order, and the frames have the other.
  'wrong-order.mkv': args`${PAL} -vf tinterlace=interleave_bottom,setfield=tff ${MPEG2} ${DECLARED}`,
}

const TELECINE: Record<string, string> = {
  'film-23.mkv': 'telecine=pattern=23',
  'film-32-bff.mp4': 'telecine=first_field=bottom:pattern=32',
  'film-2332.mkv': 'telecine=pattern=2332',
}

beforeAll(async () => {
  for (const [name, list] of Object.entries(FILES)) {
    await ffmpeg([...list, name])
  }
  await ffmpeg(args`${PAL} ${FIRST_FIELDS} -c:v ffv1 pal-fields.mkv`)
  await ffmpeg(args`${NTSC} ${FIRST_FIELDS} -c:v ffv1 ntsc-fields.mkv`)
  await ffmpeg(args`${FILM} -c:v ffv1 film.mkv`)
  for (const [name, filter] of Object.entries(TELECINE)) {
    await ffmpeg(args`${FILM} ${tone(3)} -vf ${filter},setfield=prog ${H264} ${AAC} ${name}`)
  }
  // Declared as interlaced, as DVDs and recordings of broadcasts are.
  await ffmpeg(
    args`${FILM} -vf telecine=pattern=23,setfield=tff ${MPEG2} ${DECLARED} film-declared.mpg`,
  )
  await ffmpeg(args`${testVideo('480x384', 25, 3)} ${MPEG2} ${DECLARED} segmented.ts`)
  await ffmpeg(args`${testVideo('480x384', 25, 3)} ${MPEG2} progressive.ts`)
  await ffmpeg(args`${testVideo('480x384', 50, 0.2)} ${TFF} ${H264} few-frames.mp4`)
  // Nothing moves in the first ten seconds.
  await ffmpeg(
    args`${testVideo('320x240', 50, 12)} -vf
    loop=500:1,trim=end=20,setpts=N/50/TB,tinterlace=interleave_top,setfield=prog ${H264} late-fields.mp4`,
  )
}, 120_000)

async function makeVideo(name: string, rendition = video({ width: 480, quality: 90 })) {
  const { job, finish } = await runJob(name, rendition)
  expect(finish).toMatchObject({ outcome: 'completed' })
  return { finish, output: await probeOutput(job) }
}

describe('interlaced video', () => {
  it.each([
    ['pal-tff.mp4', 'pal-fields.mkv', 'top'],
    ['pal-bff.mkv', 'pal-fields.mkv', 'bottom'],
    ['ntsc-bff.mov', 'ntsc-fields.mkv', 'bottom'],
    ['ntsc-tff.ts', 'ntsc-fields.mkv', 'top'],
    ['pal-tff.webm', 'pal-fields.mkv', 'top'],
    ['pal-bff.avi', 'pal-fields.mkv', 'bottom'],
  ])('that %s does not declare is deinterlaced, with a note', async (name, fields, order) => {
    const { finish, output } = await makeVideo(name)
    expect(finish).toMatchObject({
      plan: { notes: [expect.stringContaining(`interlaced (${order} field first)`)] },
    })
    const scans = await countScans(output.path)
    expect(scans.interlaced).toBe(0)
    expect(scans.progressive).toBeGreaterThan(60)
    expect(await measureSsim(output.path, clip(fields))).toBeGreaterThan(0.9)
  })

  it('with the wrong field order is deinterlaced by the order of its frames', async () => {
    const { output } = await makeVideo('wrong-order.mkv')
    expect((await countScans(output.path)).interlaced).toBe(0)
    expect(await measureSsim(output.path, clip('pal-fields.mkv'))).toBeGreaterThan(0.9)
  })

  it('is found in the part that is shown, and in a few frames', async () => {
    const part = video({ width: 320, quality: 90, startSeconds: 11, endSeconds: 13 })
    const late = await makeVideo('late-fields.mp4', part)
    expect((await countScans(late.output.path)).interlaced).toBe(0)
    const few = await makeVideo('few-frames.mp4')
    expect(few.finish).toMatchObject({ plan: { notes: [expect.stringContaining('deinterlaced')] } })
  })

  it('is deinterlaced in every kind of variant that shows frames', async () => {
    for (const rendition of [
      image({ atSeconds: 1 }),
      image({ pick: 'best' }),
      preview({ format: 'mp4' }),
      sprite(),
      stream({ ladder: [] }),
      video({ width: 480, append: ['videos/next.mp4'] }),
    ]) {
      const references = { 'videos/next.mp4': clip('pal-bff.mkv') }
      const { finish } = await runJob('pal-tff.mp4', rendition, {}, {}, references)
      expect(finish.outcome).toMatch(/^(completed|packaged)$/)
      expect(JSON.stringify(finish)).toContain('The video is interlaced (top field first)')
      expect(JSON.stringify(finish)).toContain('yadif=parity=tff')
    }
  })

  it('that is only declared keeps its frames, with a note', async () => {
    const { finish, output } = await makeVideo('segmented.ts')
    expect(finish).toMatchObject({
      plan: { notes: [expect.stringContaining('its frames are progressive')] },
    })
    expect(await measureSsim(output.path, clip('progressive.ts'))).toBeGreaterThan(0.95)
  })
})

describe('progressive video', () => {
  it.each([
    ['fine lines that move diagonally', args`${testVideo('320x240', 25, 2)} ${H264}`],
    ['few frames', args`${testVideo('320x240', 25, 0.2)} ${H264}`],
    ['repeated frames', args`${testVideo('320x240', 12, 2)} -vf fps=30 ${H264}`],
    ['noise', args`${testVideo('320x240', 25, 2)} -vf noise=alls=30:allf=t+u ${H264}`],
    ['nothing that moves', args`${lavfi('smptehdbars=s=320x240:r=25:d=2')} ${H264}`],
    [
      'lines that appear',
      args`${LINES} -vf geq=lum='if(eq(mod(Y,4),0)*lt(Y,4*N),20,235)':cb=128 ${H264}`,
    ],
    [
      'lines that scroll',
      args`${LINES} -vf geq=lum='if(lt(mod(Y+2*N,6),1),20,235)':cb=128 ${H264}`,
    ],
    ['film as film', args`${testVideo('320x240', '24000/1001', 2)} ${H264}`],
    [
      'a shaking camera',
      args`${testVideo('400x300', 25, 2)}
      -vf crop=320:240:40+30*sin(n*1.3):30+20*cos(n*1.7) ${H264}`,
    ],
  ])('with %s is not deinterlaced, and has no note', async (_, list) => {
    await ffmpeg([...list, 'progressive.mp4'])
    const { finish } = await runJob('progressive.mp4', video({ width: 160 }))
    expect(finish).toMatchObject({ outcome: 'completed', plan: { notes: [] } })
    expect(JSON.stringify(finish)).not.toMatch(/yadif|fieldmatch/)
  })
})

describe('telecined film', () => {
  it.each([...Object.keys(TELECINE), 'film-declared.mpg'])(
    'is restored from %s, with a note',
    async (name) => {
      const { finish, output } = await makeVideo(name)
      expect(finish).toMatchObject({
        plan: {
          notes: [expect.stringContaining('23.976 frames per second instead of 29.97')],
        },
      })
      expect(output.video.avg_frame_rate).toBe('24000/1001')
      expect((await countScans(output.path)).interlaced).toBe(0)
      const times = await readFrameTimes(output.path)
      expect(Math.abs(times.length - 72)).toBeLessThanOrEqual(1)
      const steps = times.slice(1).map((time, index) => time - times[index]!)
      expect(Math.max(...steps)).toBeLessThan(0.043)
      expect(await measureSsim(output.path, clip('film.mkv'))).toBeGreaterThan(0.9)
    },
  )
})

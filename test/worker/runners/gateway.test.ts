/**
 * Claims by protocol version and runner capabilities, content digests, and containers identified
 * by their props.
 */
import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  RUNNER_SECRET_HEADER,
} from '../../../src/contract/runnerProtocol.ts'
import { NO_DIGEST } from '../../../src/contract/runnerProtocol.ts'
import { countClaimableJobs } from '../../../src/db/claimQuery.ts'
import { findSizeClass } from '../../../src/domain/runnerRequirements.ts'
import { asRunner, RUNNER_SECRET, expectJson, expectError } from '../helpers/requests.ts'
import { createJobs, putOriginal } from '../helpers/jobs.ts'
import { db, jobRow, addQueue } from '../helpers/database.ts'

interface Assigned {
  jobId: string
  fence: number
}

async function claim(runner: object, protocol = PROTOCOL_VERSION, queue = 'default') {
  const request = { protocol, runner: { id: 'r', ...runner }, queues: [queue], waitSeconds: 0 }
  const response = await asRunner('POST', '/runner/claim', request)
  return response.status === 204 ? null : expectJson<Assigned>(response, 200)
}

/** Makes the source of a file's jobs `bytes` large. Jobs that need no disk keep size class 0. */
async function setSize(filePath: string, bytes: number) {
  await env.DB.prepare(
    'UPDATE jobs SET source_bytes = ?, size_class = min(size_class, 1) * ? WHERE file_path = ?',
  )
    .bind(bytes, findSizeClass(bytes), filePath)
    .run()
}

describe('the protocol version', () => {
  it.each([...new Set([PROTOCOL_VERSION, MIN_PROTOCOL_VERSION])])(
    '%i is accepted',
    async (protocol) => {
      await createJobs(`version-${protocol}.mp4`, ['w_640'])
      expect(await claim({}, protocol)).toMatchObject({ jobId: expect.any(String) })
    },
  )

  it.each([PROTOCOL_VERSION + 1, MIN_PROTOCOL_VERSION - 1])('%i is rejected', async (protocol) => {
    const request = { protocol, runner: { id: 'r' }, queues: ['default'], waitSeconds: 0 }
    expect((await asRunner('POST', '/runner/claim', request)).status).toBe(400)
  })
})

describe('a runner of protocol version 3', () => {
  it('receives the field names of version 3, and a runner of version 4 those of 4', async () => {
    await addQueue('versions')
    const watermark = 'versions-logo.png'
    await putOriginal(watermark)
    const transformations = [
      `w_64,h_64,c_pad,p_small,so_1,cut_fast,wm_${watermark}`,
      't_wave,wc_ff0000',
    ]
    for (const path of ['versions-3.mp4', 'versions-4.mp4']) {
      await createJobs(path, transformations, { queue: 'versions' })
    }
    const claimRendition = async (protocol: number) => {
      const assignment = await claim({}, protocol, 'versions')
      return (assignment as unknown as { rendition: object }).rendition
    }
    const old = await claimRendition(3)
    expect(old).toMatchObject({ fit: 'pad', preset: 'small', cut: 'fast', overlay: watermark })
    expect(old).toMatchObject({
      overlayGravity: 'south_east',
      overlaySize: 15,
      overlayOpacity: 100,
    })
    expect(
      Object.keys(old).filter((name) => /resizeMode|trimMode|watermark|Speed$/.test(name)),
    ).toEqual([])
    expect(await claimRendition(3)).toMatchObject({ kind: 'wave', colour: 'ff0000' })
    expect(await claimRendition(4)).toMatchObject({ resizeMode: 'pad', watermark })
    expect(await claimRendition(4)).toMatchObject({ kind: 'wave', waveformColor: 'ff0000' })
  })
})

describe("a claim matches the runner's capabilities", () => {
  it('by disk: a video that is too large stays pending for other runners and blocks no other job', async () => {
    await addQueue('disk')
    const more = { queue: 'disk', priority: 0 }
    const [large] = await createJobs('large.mp4', ['w_640'], more)
    await setSize('large.mp4', 20e9)
    const [small] = await createJobs('small.mp4', ['w_640'], { queue: 'disk' })
    expect(await countClaimableJobs(db, 'disk', { diskBytes: 10e9 }, 5)).toBe(1)
    expect(await claim({ diskBytes: 10e9 }, undefined, 'disk')).toMatchObject({ jobId: small!.id })
    expect(await claim({ diskBytes: 10e9 }, undefined, 'disk')).toBeNull()
    expect(await claim({ diskBytes: 30e9 }, undefined, 'disk')).toMatchObject({ jobId: large!.id })
  })

  it('by disk: a frame of a large video can be claimed with little disk space', async () => {
    await addQueue('frame')
    const [frame] = await createJobs('film.mp4', ['t_true,w_640'], { queue: 'frame' })
    await setSize('film.mp4', 20e9)
    expect(await claim({ diskBytes: 1e6 }, undefined, 'frame')).toMatchObject({ jobId: frame!.id })
  })

  it.each([
    ['f_webm', ['libx264', 'aac'], ['libvpx-vp9', 'libopus']],
    ['w_640', ['libvpx-vp9', 'libopus'], ['libx264', 'aac']],
    ['f_mov', ['mjpeg'], ['libx264', 'aac', 'h264_nvenc']],
    ['t_true', ['png'], ['mjpeg']],
    ['f_webp,t_true', ['mjpeg', 'png'], ['libwebp']],
    ['vc_h265', ['libx264', 'aac'], ['libx265', 'aac']],
    ['vc_av1,f_webm', ['libvpx-vp9', 'libopus'], ['libsvtav1', 'libopus']],
    ['f_mkv,ac_mp3', ['libx264', 'aac'], ['libx264', 'libmp3lame']],
    ['ac_none', ['aac'], ['libx264']],
    ['f_hls', ['libx264'], ['libx264', 'aac']],
    ['f_wav', ['aac'], ['pcm_s16le']],
    ['f_gif', ['libwebp_anim'], ['gif']],
    ['t_preview', ['libwebp'], ['libwebp_anim']],
    ['t_sprite', ['png'], ['mjpeg']],
    ['t_wave', ['mjpeg'], ['png']],
  ])('by encoders: %s', async (transformation, missing, sufficient) => {
    const queue = transformation.replaceAll(/[^a-z0-9]/g, '-')
    await addQueue(queue)
    const [job] = await createJobs(`${queue}.mp4`, [transformation], { queue })
    expect(await claim({ encoders: missing }, undefined, queue)).toBeNull()
    expect(await claim({ encoders: sufficient }, undefined, queue)).toMatchObject({
      jobId: job!.id,
    })
  })

  it('for jobs that require no encoder', async () => {
    await addQueue('none')
    const [probe, copy] = await createJobs('none.mp4', ['f_json', 'f_m4a,ac_copy'], {
      queue: 'none',
    })
    const capabilities = { encoders: [], diskBytes: 1e12 }
    expect(await claim(capabilities, undefined, 'none')).toMatchObject({ jobId: probe!.id })
    expect(await claim(capabilities, undefined, 'none')).toMatchObject({ jobId: copy!.id })
  })

  it('even if 200 unsuitable jobs come first', async () => {
    await addQueue('behind')
    await env.DB.prepare("UPDATE queues SET concurrency = 9 WHERE name = 'behind'").run()
    for (let n = 0; n < 10; n++) {
      await createJobs(
        `behind-${n}.mp4`,
        Array.from({ length: 20 }, (_, m) => `vc_av1,w_${100 + m}`),
        { queue: 'behind', priority: 0 },
      )
    }
    const [last] = await createJobs('behind.mp4', ['w_640'], { queue: 'behind', priority: 9 })
    const capabilities = { encoders: ['libx264', 'aac'] }
    expect(await countClaimableJobs(db, 'behind', capabilities, 9)).toBe(1)
    expect(await countClaimableJobs(db, 'behind', {}, 9)).toBe(10)
    expect(await claim(capabilities, undefined, 'behind')).toMatchObject({ jobId: last!.id })
    expect(await claim(capabilities, undefined, 'behind')).toBeNull()
    expect(await claim({}, undefined, 'behind')).toMatchObject({ jobId: expect.any(String) })
  })

  it('in the order of priority and age', async () => {
    await addQueue('order')
    const create = (path: string, priority: number) =>
      createJobs(path, ['w_640'], { queue: 'order', priority })
    const [second] = await create('second.mp4', 2)
    const [third] = await create('third.mp4', 2)
    const [first] = await create('first.mp4', 1)
    for (const [job] of [[first], [second], [third]]) {
      expect(await claim({ diskBytes: 1e9 }, undefined, 'order')).toMatchObject({ jobId: job!.id })
    }
  })
})

describe('content digests', () => {
  const formatDigest = async (bytes: Uint8Array) => {
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return `sha-256=:${btoa(String.fromCharCode(...sum))}:`
  }
  const start = async (queue: string) => {
    await addQueue(queue)
    await createJobs(`${queue}.mp4`, ['w_640'], { queue })
    return (await claim({}, undefined, queue))!
  }
  const token = { Authorization: 'Bearer test-runner-token', 'Runner-Secret': RUNNER_SECRET }

  it('are sent with a range of the source', async () => {
    const { jobId, fence } = await start('ranged')
    const response = await exports.default.fetch(
      `http://x/runner/jobs/${jobId}/source?fence=${fence}`,
      { headers: { ...token, Range: 'bytes=4-8' } },
    )
    const bytes = new TextEncoder().encode('the bytes of ranged.mp4').subarray(4, 9)
    expect(response.status).toBe(206)
    expect(response.headers.get('Content-Digest')).toBe(await formatDigest(bytes))
    expect(await response.text()).toBe('bytes')

    const withoutDigest = await exports.default.fetch(
      `http://x/runner/jobs/${jobId}/source?fence=${fence}`,
      { headers: { ...token, Range: 'bytes=4-8', 'Want-Content-Digest': NO_DIGEST } },
    )
    expect(withoutDigest.headers.has('Content-Digest')).toBe(false)
    expect(withoutDigest.headers.get('Content-Range')).toBe('bytes 4-8/23')
    expect(await withoutDigest.text()).toBe('bytes')
  })

  it('reject a part that was changed in transit, and accept the intact one', async () => {
    const { jobId, fence } = await start('uploaded')
    const outputRequest = { fence, progress: 93, stage: 'upload', etaSeconds: null, sizeBytes: 6 }
    const { uploadId } = await expectJson<{ uploadId: string }>(
      await asRunner('POST', `/runner/jobs/${jobId}/output`, outputRequest),
      200,
    )
    const query = new URLSearchParams({ fence: String(fence), uploadId })
    const put = async (body: string, digest?: string) =>
      exports.default.fetch(`http://x/runner/jobs/${jobId}/output/1?${query}`, {
        method: 'PUT',
        headers: { ...token, ...(digest && { 'Content-Digest': digest }) },
        body: new TextEncoder().encode(body),
      })
    const digest = await formatDigest(new TextEncoder().encode('a part'))
    const rejected = await put('b part', digest)
    await expectError(rejected, 400, 'digest_mismatch')
    expect(await expectJson(await put('a part', digest), 200)).toMatchObject({ partNumber: 1 })
    expect(await expectJson(await put('a part'), 200)).toMatchObject({ partNumber: 1 })
  })
})

describe('a container', () => {
  const asContainer = (runner: string, path: string, body?: object) =>
    exports.RunnerGateway({ props: { runner } }).fetch(`http://gateway.reelqueue${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'Content-Type': 'application/json', [RUNNER_SECRET_HEADER]: RUNNER_SECRET },
      ...(body && { body: JSON.stringify(body) }),
    })
  const claimRequest = {
    protocol: PROTOCOL_VERSION,
    runner: { id: 'liar' },
    queues: ['mine'],
    waitSeconds: 0,
  }

  it('needs no token, is identified by its props, and can only access its own jobs', async () => {
    await addQueue('mine')
    const [job] = await createJobs('mine.mp4', ['w_640'], { queue: 'mine' })
    const claimed = await asContainer('slot-0-aaaaaaaa', '/runner/claim', claimRequest)
    const { jobId, fence } = await expectJson<Assigned>(claimed, 200)
    expect(jobId).toBe(job!.id)
    expect(await jobRow(jobId)).toMatchObject({ runner_id: 'slot-0-aaaaaaaa' })
    const report = { fence, progress: 5, stage: 'encode', etaSeconds: null }
    const path = `/runner/jobs/${jobId}/report`
    expect((await asContainer('slot-0-aaaaaaaa', path, report)).status).toBe(200)
    expect((await asContainer('slot-1-bbbbbbbb', path, report)).status).toBe(409)
    const source = `/runner/jobs/${jobId}/source?fence=${fence}`
    expect((await asContainer('slot-1-bbbbbbbb', source)).status).toBe(409)
    expect((await asContainer('slot-0-aaaaaaaa', source)).status).toBe(200)
  })

  it.each(['/queue/stats', '/health', '/t/mine.mp4', '/files/mine.mp4', '/openapi.json'])(
    'cannot reach %s',
    async (path) => {
      expect((await asContainer('slot-0-aaaaaaaa', path)).status).toBe(404)
    },
  )
})

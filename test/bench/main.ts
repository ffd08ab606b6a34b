/**
 * `npm run bench` makes three comparisons: the time of a job and of a similar ffmpeg command; the
 * time of one job for all sizes of a stream and of a job for each size; the bytes that jobs for
 * images, storyboards and probes read and the size of the file. It prints the results and asserts
 * nothing, because they depend on the machine and its load.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createGatewayClient } from '../../container/gateway/gatewayClient.ts'
import { runClaimLoop } from '../../container/claimLoop.ts'
import { readSettings } from '../../container/settings.ts'
import { runAssignment } from '../../container/runAssignment.ts'
import { readCanonicalForm } from '../../src/domain/transformation/canonicalForm.ts'
import { startGateway } from '../runner/helpers/fakeGateway.ts'

const execute = promisify(execFile)
/** Runs of each time measurement. The shortest counts, because other load can only add time. */
const ROUNDS = 3
const SECONDS = 20

const folder = await mkdtemp(join(tmpdir(), 'reelqueue-bench-'))
const clip = join(folder, 'clip.mp4')

async function measureShortest(run: () => Promise<unknown>): Promise<number> {
  let shortest = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    await run()
    shortest = Math.min(shortest, performance.now() - startedAt)
  }
  return shortest
}

/** Runs one job in the runner. Returns its finish report and the bytes read from the source. */
async function runInRunner(transformation: string) {
  const gateway = await startGateway()
  try {
    const job = await gateway.offer(clip, readCanonicalForm(transformation), {
      timeoutSeconds: 600,
    })
    const env = { GATEWAY_URL: gateway.url, RUNNER_TOKEN: gateway.token, IDLE_SECONDS: '0' }
    const settings = readSettings({ ...env, SCRATCH_DIR: folder })
    const shared = { client: createGatewayClient(settings), settings, log: () => {} }
    const capabilities = { cpus: 2, memoryBytes: 2e9 }
    const shutdown = new AbortController().signal
    await runClaimLoop({
      ...shared,
      capabilities,
      shutdown,
      runAssignment: (each) => runAssignment(each, { ...shared, shutdown }),
    })
    const [finish] = job.finishes
    if (finish?.outcome !== 'completed' && finish?.outcome !== 'packaged') {
      throw new Error(`${transformation}: ${JSON.stringify(finish)}`)
    }
    return { finish, sourceBytes: gateway.sourceBytes }
  } finally {
    await gateway.close()
  }
}

function printRow(label: string, ...figures: string[]) {
  return console.log(label.padEnd(34), ...figures.map((figure) => figure.padStart(14)))
}
function ms(time: number) {
  return `${time.toFixed(0)} ms`
}

try {
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=1920x1080:r=30:d=${SECONDS}`]
  const tone = ['-f', 'lavfi', '-i', `sine=d=${SECONDS}`]
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  await execute('ffmpeg', ['-v', 'error', ...source, ...tone, ...h264, clip])

  console.log(`${SECONDS} s of 1080p at 30 frames a second\n`)
  printRow('', 'runner', 'ffmpeg alone', 'ratio')
  for (const [label, transformation, bare] of [
    ['720p H.264', 'h_720', ['-vf', 'scale=-2:720', '-crf', '31', '-preset', 'veryfast']],
    ['360p H.264', 'h_360', ['-vf', 'scale=-2:360', '-crf', '31', '-preset', 'veryfast']],
    ['remux to MKV', 'h_1080,q_100,f_mkv', ['-c', 'copy']],
  ] as const) {
    const runnerMs = await measureShortest(() => runInRunner(transformation))
    const out = join(folder, transformation.includes('mkv') ? 'out.mkv' : 'out.mp4')
    const ffmpegMs = await measureShortest(() =>
      execute('ffmpeg', ['-v', 'error', '-y', '-i', clip, ...bare, out]),
    )
    printRow(label, ms(runnerMs), ms(ffmpegMs), (runnerMs / ffmpegMs).toFixed(2))
  }

  console.log()
  printRow('', 'one job', 'job per size', 'ratio')
  const sizes = [240, 480, 720]
  const oneJobMs = await measureShortest(() => runInRunner(`f_hls,lad_${sizes.join('+')}`))
  const jobPerSizeMs = await measureShortest(async () => {
    for (const size of sizes) {
      await runInRunner(`f_hls,lad_${size}`)
    }
  })
  printRow(
    `a stream of ${sizes.join(', ')}`,
    ms(oneJobMs),
    ms(jobPerSizeMs),
    (oneJobMs / jobPerSizeMs).toFixed(2),
  )

  console.log()
  printRow('', 'bytes read', 'of file size')
  for (const transformation of ['t_true,tt_10', 't_best', 't_sprite', 'f_json']) {
    const { sourceBytes, finish } = await runInRunner(transformation)
    const size = finish.input?.sizeBytes ?? 1
    printRow(
      transformation,
      `${(sourceBytes / 1e6).toFixed(2)} MB`,
      `${((100 * sourceBytes) / size).toFixed(0)} %`,
    )
  }
} finally {
  await rm(folder, { recursive: true })
}

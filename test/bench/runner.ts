/** Runs single jobs in the runner, with a gateway that is simulated in this process. */
import { dirname, join } from 'node:path'
import { runClaimLoop } from '../../container/claimLoop.ts'
import { createGatewayClient } from '../../container/gateway/gatewayClient.ts'
import { runAssignment } from '../../container/runAssignment.ts'
import { createShutdown } from '../../container/shutdown.ts'
import { readSettings } from '../../container/settings.ts'
import { readCanonicalForm } from '../../src/domain/transformation/canonicalForm.ts'
import { startGateway } from '../runner/helpers/fakeGateway.ts'
import { execute } from './execute.ts'

/** Runs one job for `file` in the runner. Returns its finish report and the bytes read from the source. */
export async function runInRunner(file: string, transformation: string) {
  const gateway = await startGateway()
  try {
    const job = await gateway.offer(file, readCanonicalForm(transformation), {
      timeoutSeconds: 600,
    })
    const settings = readSettings({
      GATEWAY_URL: gateway.url,
      RUNNER_TOKEN: gateway.token,
      IDLE_SECONDS: '0',
      SCRATCH_DIR: dirname(file),
    })
    const shared = { client: createGatewayClient(settings), settings, log: () => {} }
    const capabilities = { cpus: 2, memoryBytes: 2e9 }
    const shutdown = createShutdown(0)
    await runClaimLoop({
      ...shared,
      capabilities,
      smallJobs: 1,
      shutdown: shutdown.begun,
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

/** A longer clip repeats its first minute, because to copy it is faster than to encode it. */
const MAX_ENCODED_SECONDS = 60

/**
 * Makes a test clip with sound: H.264 and AAC in MP4, 30 frames a second. Returns its path.
 *
 * @param options.keyframeFrames number of frames from one key frame to the next
 */
export async function makeClip(
  folder: string,
  options: { name: string; size: string; seconds: number; keyframeFrames?: number },
): Promise<string> {
  const { name, size, seconds, keyframeFrames = 250 } = options
  const file = join(folder, name)
  if (seconds > MAX_ENCODED_SECONDS) {
    const minute = { ...options, name: `minute-of-${name}`, seconds: MAX_ENCODED_SECONDS }
    const repeat = ['-stream_loop', '-1', '-i', await makeClip(folder, minute)]
    await execute('ffmpeg', [
      '-v',
      'error',
      '-y',
      ...repeat,
      '-t',
      `${seconds}`,
      '-c',
      'copy',
      file,
    ])
    return file
  }
  const video = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30:d=${seconds}`]
  const audio = ['-f', 'lavfi', '-i', `sine=d=${seconds}`]
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  codecs.push('-g', String(keyframeFrames))
  await execute('ffmpeg', ['-v', 'error', '-y', ...video, ...audio, ...codecs, file])
  return file
}

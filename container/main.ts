/**
 * Entry point of the runner: reads the settings, handles signals and starts the claim loop. After
 * SIGTERM or SIGINT the runner claims no more jobs, finishes those that it can within `shutdownSeconds`,
 * releases the others, and exits; after a second signal it exits immediately.
 *
 * Exit codes: 0 idle or shut down, 1 rejected by the gateway, a second signal or an unexpected
 * error, 2 invalid settings.
 */
import { setFlagsFromString } from 'node:v8'
import { createKnownProbes } from './attempt/knownProbes.ts'
import { createRecentChunks } from './attempt/recentChunks.ts'
import { removeStaleScratchFolders } from './attempt/scratchFolder.ts'
import { countSmallJobs, detectCapabilities, shareSettings } from './capabilities.ts'
import { runClaimLoop } from './claimLoop.ts'
import { killProcessGroups } from './ffmpeg/process/process.ts'
import { createGatewayClient } from './gateway/gatewayClient.ts'
import { isSmallJob } from './heldJobs.ts'
import { createLog } from './log.ts'
import { runAssignment } from './runAssignment.ts'
import { InvalidSettings, readSettings, type Settings } from './settings.ts'
import { createShutdown } from './shutdown.ts'
import { createRecentBlocks } from './source/recentBlocks.ts'
import { createSharedBlocks } from './source/sharedBlocks.ts'

/**
 * V8 counts the bytes of a source as part of its heap, which has only 12 MB otherwise, and collects
 * garbage whenever both have grown by 8 MB: that was a third of the runner's processor time (measured).
 * With this, it does so after some 40 MB.
 */
setFlagsFromString('--heap-growing-percent=1000')

/** Time after the grace period at which the process exits, even if its jobs are not released yet. */
const MAX_RELEASE_MS = 3_000

async function main(settings: Settings): Promise<number> {
  const log = createLog((line) => process.stdout.write(line), { runner: settings.runnerId })
  const client = createGatewayClient(settings)
  const shutdown = createShutdown(settings.shutdownSeconds * 1_000)
  const stop = (name: NodeJS.Signals) => {
    if (shutdown.begun.aborted) {
      process.exit(1)
    }
    log('info', 'stopping', { signal: name, seconds: settings.shutdownSeconds })
    shutdown.begin()
  }
  shutdown.release.addEventListener('abort', () => {
    setTimeout(() => process.exit(0), MAX_RELEASE_MS).unref()
  })
  process.on('SIGTERM', stop).on('SIGINT', stop)
  // Kills all child processes on exit, including after a second signal or an uncaught error.
  process.on('exit', killProcessGroups)

  const removed = await removeStaleScratchFolders(settings.scratchDir)
  const capabilities = await detectCapabilities(settings, log)
  const { cpus, memoryBytes, hwaccels } = capabilities
  const smallJobs = countSmallJobs(settings, cpus)
  const smallSettings = shareSettings(settings, smallJobs)
  log('info', 'runner started', {
    queues: settings.queues,
    leftoversRemoved: removed,
    cpus,
    memoryBytes,
    smallJobs,
    hwaccels,
  })
  const shared = {
    client,
    settings,
    log,
    probes: createKnownProbes(capabilities.probeVersion ?? null),
    recentBlocks: createRecentBlocks(),
    sharedBlocks: createSharedBlocks(memoryBytes),
    recentChunks: createRecentChunks(memoryBytes),
  }
  const reason = await runClaimLoop({
    ...shared,
    shutdown: shutdown.begun,
    capabilities,
    smallJobs,
    runAssignment: (assignment, job) =>
      runAssignment(assignment, {
        ...shared,
        ...job,
        shutdown,
        settings: isSmallJob(assignment) ? smallSettings : settings,
      }),
  })
  log('info', 'runner ended', { reason })
  return reason === 'rejected' ? 1 : 0
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (!(error instanceof InvalidSettings)) {
      throw error
    }
    createLog((line) => process.stdout.write(line))('error', 'invalid settings', {
      problems: error.message.split('\n'),
    })
    process.exit(2)
  }
}

process.exit(await main(readSettingsOrExit()))

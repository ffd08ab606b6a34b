/**
 * The runner: composition root. The one place where the environment is looked at and signals are
 * heard. SIGTERM or SIGINT gives the job back and exits 0; a second one exits at once.
 *
 * Exit codes: 0 idle or told to stop, 1 refused by the gateway, 2 bad settings.
 */
import { createGatewayClient } from './gateway/client.ts'
import { AttemptReleased } from './failures.ts'
import { killProcessGroups } from './ffmpeg/process/process.ts'
import { createLog } from './log.ts'
import { runClaimLoop } from './claimLoop.ts'
import { detectCapabilities } from './capabilities.ts'
import { removeStaleScratchFolders } from './attempt/scratchFolder.ts'
import { InvalidSettings, readSettings, type Settings } from './settings.ts'
import { runAssignment } from './runAssignment.ts'

/** What a shutdown may take in all before the process ends regardless. */
const SHUTDOWN_MS = 3_000

async function main(settings: Settings): Promise<number> {
  const log = createLog((line) => process.stdout.write(line), { runner: settings.runnerId })
  const client = createGatewayClient({ gatewayUrl: settings.gatewayUrl, token: settings.token })
  const stopping = new AbortController()
  const stop = (name: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      process.exit(1)
    }
    log('info', 'stopping', { signal: name })
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref()
    stopping.abort(new AttemptReleased('the runner is shutting down'))
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  // Whatever way the process ends, no ffmpeg stays behind.
  process.on('exit', killProcessGroups)

  const removed = await removeStaleScratchFolders(settings.scratchDir)
  const capabilities = await detectCapabilities(settings, log)
  const { cpus, memoryBytes, hwaccels } = capabilities
  log('info', 'runner started', {
    queues: settings.queues,
    leftoversRemoved: removed,
    cpus,
    memoryBytes,
    hwaccels,
  })
  const shutdown = stopping.signal
  const end = await runClaimLoop({
    client,
    settings,
    capabilities,
    log,
    shutdown,
    runAssignment: (assignment) => runAssignment(assignment, { client, settings, log, shutdown }),
  })
  log('info', 'runner ended', { reason: end })
  return end === 'refused' ? 1 : 0
}

function start(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (!(error instanceof InvalidSettings)) {
      throw error
    }
    createLog((line) => process.stdout.write(line))('error', 'bad settings', {
      problems: error.message.split('\n'),
    })
    process.exit(2)
  }
}

process.exit(await main(start()))

/** Runs the Worker's sources under `wrangler dev`, which reloads them when they change. */
import type { Process } from './process.ts'
import { launchWrangler } from './programs.ts'
import type { Settings } from './settings.ts'
import { StartError } from './startError.ts'

const CRON_INTERVAL_MS = 60_000

/** Applies the migrations to the local database. @throws StartError if one fails */
export async function migrate(settings: Settings): Promise<void> {
  const migration = launchWrangler(settings, [
    'd1',
    'migrations',
    'apply',
    'DB',
    '--local',
    '--persist-to',
    settings.stateDir,
  ])
  const { code } = await migration.exited
  if (code !== 0) {
    throw new StartError(`The migrations failed:\n${migration.tail()}`)
  }
}

/** @param secrets the file with the Worker's secrets */
export function startDevelopmentWorker(settings: Settings, secrets: string): Process {
  return launchWrangler(settings, [
    'dev',
    '--persist-to',
    settings.stateDir,
    '--ip',
    '127.0.0.1',
    '--port',
    String(settings.port),
    '--inspector-port',
    '0',
    '--env-file',
    secrets,
    '--enable-containers=false',
    '--show-interactive-dev-session=false',
    '--var',
    'RUNNER_SLOTS:0',
  ])
}

/** Fires the cron trigger every minute, which `wrangler dev` does not do by itself. */
export function startDevelopmentCron({ url }: Settings): void {
  const cron = encodeURIComponent('* * * * *')
  const trigger = `${url}/cdn-cgi/local/scheduled?cron=${cron}`
  setInterval(() => {
    // The trigger fires again in a minute, whether the Worker responds or not.
    fetch(trigger, { signal: AbortSignal.timeout(10_000) }).then(
      (response) => response.body?.cancel(),
      () => undefined,
    )
  }, CRON_INTERVAL_MS)
}

/**
 * The platform: the Worker's bindings as the ports that services use. Each invocation has a
 * platform of its own, whose ports have no state of an invocation and are shared.
 */
import { describeError, logError } from '../log.ts'
import { openDatabase } from '../db/database.ts'
import type { Platform } from '../services/ports.ts'
import { createR2Store } from '../storage/r2.ts'
import { createS3Store } from '../storage/s3/store.ts'
import { createHubClient, type HubClient } from './hubClient.ts'
import { sendExportWakeUps, sendImportWakeUps } from './importQueue.ts'
import { createRemoteFiles } from './remoteFiles.ts'
import { createSettings, type Settings } from './settings.ts'
import { createSlots } from './slots.ts'
import { sendTickets } from './tickets.ts'
import { createWebhookClient } from './webhookClient.ts'
import { sendWakeUps } from './webhookQueue.ts'

/**
 * The ports, with the members that only the callers of services use: HTTP routes, hubs, slots and
 * the cron trigger.
 */
export interface WorkerPlatform extends Platform {
  hubs: HubClient
  settings: Settings
}

type Ports = Omit<WorkerPlatform, 'defer'>

/** By the bindings, which are one object for all requests of an isolate. */
const portsOfEnv = new WeakMap<Env, Ports>()

/** @param waitUntil keeps the invocation alive until deferred work has ended */
export function createPlatform(
  env: Env,
  waitUntil: (work: Promise<unknown>) => void,
): WorkerPlatform {
  const ports = portsOfEnv.get(env) ?? createPorts(env)
  portsOfEnv.set(env, ports)
  return {
    ...ports,
    defer: (work) =>
      waitUntil(
        work.catch((error: unknown) =>
          logError('deferred_failed', { error: describeError(error) }),
        ),
      ),
  }
}

function createPorts(env: Env): Ports {
  const settings = createSettings(env)
  return {
    db: openDatabase(env.DB),
    originals: createR2Store(env.ORIGINALS),
    variants: createR2Store(env.VARIANTS),
    s3Credentials: () => settings.s3Credentials,
    directUploads: () => settings.directUploads && createS3Store(settings.directUploads),
    sendTickets: (queue, count) => sendTickets(env.TICKETS, queue, count),
    hubs: createHubClient(env.HUBS),
    settings,
    slots: createSlots(env.SLOTS, () => settings.containers),
    webhooks: createWebhookClient(() => settings.allowsPrivateWebhooks),
    wakeWebhooks: (wakeUps) => sendWakeUps(env.WEBHOOKS, wakeUps),
    remoteFiles: createRemoteFiles(() => settings.imports),
    wakeImports: (wakeUps) => sendImportWakeUps(env.IMPORTS, wakeUps),
    wakeExports: (wakeUps) => sendExportWakeUps(env.IMPORTS, wakeUps),
    signingKeys: () => settings.signingKeys,
  }
}

/**
 * Makes reads of the local database not write to the disk. After each query, Miniflare's D1 asks
 * for a bookmark of the database, which is for sessions (`withSession`). The local runtime makes
 * one by counting up a stored number. So each read would commit a transaction, and block all of the
 * Worker for the milliseconds in which the disk stores it. This Worker uses no sessions.
 */
import type { D1_PLUGIN } from 'miniflare'

/** The call in the source of Miniflare's D1. */
export const BOOKMARK_CALL = 'await this.state.storage.getCurrentBookmark()'

interface Service {
  worker?: { modules?: { esModule?: string }[] }
}

/**
 * Changes Miniflare's plugin for D1. If Miniflare no longer has the call, nothing changes but the
 * speed; a test notices.
 */
export function omitBookmarks(plugin: Pick<typeof D1_PLUGIN, 'getServices'>): void {
  const getServices = plugin.getServices.bind(plugin)
  plugin.getServices = async (options) => {
    const services = await getServices(options)
    for (const { worker } of services as Service[]) {
      for (const module of worker?.modules ?? []) {
        if (module.esModule?.includes(BOOKMARK_CALL)) {
          module.esModule = module.esModule.replaceAll(BOOKMARK_CALL, "''")
        }
      }
    }
    return services
  }
}

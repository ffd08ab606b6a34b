/** Changes the source of Miniflare's simulators, which run in workerd. */
import type { D1_PLUGIN } from 'miniflare'

/** All plugins have this method, with the same type. */
export type MiniflarePlugin = Pick<typeof D1_PLUGIN, 'getServices'>

interface Service {
  worker?: { modules?: { esModule?: string }[] }
}

/**
 * Replaces `text` in the modules of a plugin. If Miniflare no longer has it, nothing changes but the speed;
 * a test notices.
 */
export function replaceSource(plugin: MiniflarePlugin, text: string, replacement: string): void {
  const getServices = plugin.getServices.bind(plugin)
  plugin.getServices = async (options) => {
    const services = await getServices(options)
    for (const { worker } of services as Service[]) {
      for (const module of worker?.modules ?? []) {
        if (module.esModule?.includes(text)) {
          module.esModule = module.esModule.replaceAll(text, () => replacement)
        }
      }
    }
    return services
  }
}

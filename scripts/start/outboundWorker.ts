/** The way of the Worker's own requests, such as webhooks, out of the machine. */

/** Name of the Worker that is the outbound service. */
export const OUTBOUND = 'outbound'

/**
 * The options of Miniflare for that Worker. The network refuses private addresses, after the name is
 * resolved. Miniflare takes a network as a binding, and not as the outbound service itself.
 */
export function outboundWorker(compatibilityDate: string | undefined) {
  return {
    name: OUTBOUND,
    modules: true as const,
    script: 'export default { fetch: (request, env) => env.NETWORK.fetch(request) }',
    compatibilityDate,
    serviceBindings: {
      NETWORK: { network: { allow: ['public'], tlsOptions: { trustBrowserCas: true } } },
    },
  }
}

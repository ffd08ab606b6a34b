/** The way of the Worker's own requests, such as webhooks and imports, out of the machine. */

/** The settings with which the Worker's own requests may reach this machine and its network. */
export const PRIVATE_ADDRESS_SETTINGS = ['WEBHOOK_PRIVATE_ADDRESSES', 'IMPORT_PRIVATE_ADDRESSES']

/** Name of the Worker that is the outbound service. */
export const OUTBOUND = 'outbound'

/**
 * The options of Miniflare for that Worker. The network refuses private addresses, after the name is
 * resolved. Miniflare takes a network as a binding, and not as the outbound service itself.
 *
 * @param trustedOrigins origins whose addresses may be private: those that the operator has set
 */
export function outboundWorker(
  compatibilityDate: string | undefined,
  trustedOrigins: readonly string[] = [],
) {
  const tlsOptions = { trustBrowserCas: true }
  return {
    name: OUTBOUND,
    modules: true as const,
    script: `
      const trusted = new Set(${JSON.stringify(trustedOrigins)})
      export default {
        fetch(request, env) {
          const isTrusted = trusted.has(new URL(request.url).origin)
          return (isTrusted ? env.ANY_NETWORK : env.NETWORK).fetch(request)
        },
      }`,
    compatibilityDate,
    serviceBindings: {
      NETWORK: { network: { allow: ['public'], tlsOptions } },
      ANY_NETWORK: { network: { allow: ['public', 'private'], tlsOptions } },
    },
  }
}

/** Returns the origins of the S3 endpoints in the settings of the Worker. */
export function s3Origins(settings: readonly (string | undefined)[]): string[] {
  return settings.flatMap((json) => {
    const endpoints = [...(json ?? '').matchAll(/"endpoint":"([^"]+)"/g)]
    return endpoints.flatMap(([, url]) => (URL.canParse(url!) ? new URL(url!).origin : []))
  })
}

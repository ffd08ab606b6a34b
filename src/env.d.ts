/**
 * Optional bindings: secrets, and settings that `wrangler.toml` does not list. The others are in
 * `worker-configuration.d.ts`, which `wrangler types` generates.
 */
interface OptionalBindings {
  /** The root API key, which has every scope. Unset: routes that need a key return 503. */
  API_KEY?: string
  /** `id:secret,id2:secret2`, for stream tokens and signed URLs. Unset: API_KEY signs. */
  SIGNING_KEYS?: string
  /** The token of runners outside of the account. Unset: there are no such runners. */
  RUNNER_TOKEN?: string
  /** For local engines that do not intercept requests: the gateway's URL, as containers reach it. */
  CONTAINER_GATEWAY_URL?: string
  /** Id of the runner in the container that sent the request. Set by RunnerGateway, never by configuration. */
  CONTAINER_RUNNER_ID?: string
}

interface Env extends OptionalBindings {}
declare namespace Cloudflare {
  interface Env extends OptionalBindings {}
}

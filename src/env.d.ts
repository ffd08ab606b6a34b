/**
 * Optional bindings: secrets, and settings that `wrangler.toml` does not list. The others are in
 * `worker-configuration.d.ts`, which `wrangler types` generates.
 */
interface OptionalBindings {
  /** The root API key, which has every scope. Unset: routes that need a key return 503. */
  API_KEY?: string
  /** Keys that sign stream tokens and URLs: `id:secret,id2:secret2`. Unset: API_KEY signs them. */
  SIGNING_KEYS?: string
  /** The token of runners outside of the account. Unset: routes of runners return 503. */
  RUNNER_TOKEN?: string
  /**
   * The URL under which containers reach the Worker. Needed only for local container engines, which
   * do not intercept the requests of containers.
   */
  CONTAINER_GATEWAY_URL?: string
  /**
   * Id of the runner in the container that sent the request. Set by RunnerGateway, never by
   * configuration.
   */
  CONTAINER_RUNNER_ID?: string
}

interface Env extends OptionalBindings {}
declare namespace Cloudflare {
  interface Env extends OptionalBindings {}
}

/**
 * Optional bindings: secrets, a setting that `wrangler.toml` does not list, a service that `npm
 * start` binds, and a value that RunnerGateway adds. The other bindings are in
 * `worker-configuration.d.ts`, which `wrangler types` generates.
 */
interface OptionalBindings {
  /**
   * The root API key, which has every scope. Unset: a request without a valid API key to a route
   * that needs one returns 503.
   */
  API_KEY?: string
  /**
   * Keys for stream tokens, signed URLs and cursors: `id:secret,id2:secret2`. The first key signs,
   * and all of them verify. Unset: API_KEY is used.
   */
  SIGNING_KEYS?: string
  /**
   * The token of runners outside of the account, and of containers that use CONTAINER_GATEWAY_URL.
   * Unset: requests to the public routes of runners return 503.
   */
  RUNNER_TOKEN?: string
  /**
   * The URL under which containers reach the Worker. Needed only for container engines that cannot
   * intercept the requests of containers. It has no effect without RUNNER_TOKEN.
   */
  CONTAINER_GATEWAY_URL?: string
  /**
   * "allow": webhooks may be sent to private addresses and without TLS, for development. Unset or "refuse":
   * only to https URLs on the public internet.
   */
  WEBHOOK_PRIVATE_ADDRESSES?: string
  /**
   * Credentials of S3-compatible services, by name, as JSON: {"name": {"endpoint", "region", "buckets",
   * "accessKeyId", "secretAccessKey", "keys"}}. Unset: no request can name one.
   */
  S3_CREDENTIALS?: string
  /**
   * The S3 API of the bucket of the originals, as JSON: {"endpoint", "region", "bucket",
   * "accessKeyId", "secretAccessKey"}. Unset: uploads in parts are sent through the Worker.
   */
  DIRECT_UPLOADS?: string
  /**
   * "allow": files may be imported from private addresses and without TLS, for development. Unset or "refuse": only
   * from https URLs on the public internet.
   */
  IMPORT_PRIVATE_ADDRESSES?: string
  /** Returns the free bytes of the disk. Only `npm start` binds it. */
  DISK?: Fetcher
  /**
   * Id of the runner in the container that sent the request. RunnerGateway sets it; it is not a
   * setting.
   */
  CONTAINER_RUNNER_ID?: string
}

interface Env extends OptionalBindings {}
declare namespace Cloudflare {
  interface Env extends OptionalBindings {}
}

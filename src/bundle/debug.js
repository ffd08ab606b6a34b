/**
 * Replaces `debug` in the bundle (`[alias]` in wrangler.toml). A dependency of file-type writes debug
 * lines with it, which nobody reads in a Worker.
 */
export default function initDebug() {
  return () => undefined
}

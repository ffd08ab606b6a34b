/**
 * What the bundle gets for `zod`, by `[alias]` in wrangler.toml: all of it but the messages in fifty
 * languages, which the whole of `z` would bring along. They are a third of the bundle, and every
 * start of the Worker reads it.
 */
export * from './zodParts.js'
export * as z from './zodParts.js'

/**
 * Replaces `zod` in the bundle (`[alias]` in wrangler.toml) by the parts of zod that the Worker
 * uses. The export `z` of zod also includes its translated messages and its JSON Schema converters,
 * which would make the bundle larger. Every cold start reads the bundle.
 */
export * from './zodParts.js'
export * as z from './zodParts.js'

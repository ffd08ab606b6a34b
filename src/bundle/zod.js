/**
 * Replaces `zod` in the bundle (`[alias]` in wrangler.toml): all of it except the messages in fifty
 * languages, which the export `z` of zod includes. They would be a third of the bundle, which every cold
 * start reads.
 */
export * from './zodParts.js'
export * as z from './zodParts.js'

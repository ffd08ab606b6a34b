/**
 * Replaces `zod` in the bundle (`[alias]` in wrangler.toml) by the parts of zod that the Worker
 * uses. The export `z` of zod also includes its messages in more than fifty languages and its JSON
 * Schema converters: about a third of the minified bundle, which every cold start reads.
 */
export * from './zodParts.js'
export * as z from './zodParts.js'

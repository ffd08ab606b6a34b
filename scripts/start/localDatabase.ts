/**
 * Makes reads of the local database not write to the disk. After each query, Miniflare's D1 asks
 * for a bookmark of the database, which is for sessions (`withSession`). The local runtime makes
 * one by counting up a stored number. So each read would commit a transaction, and block all of the
 * Worker for the milliseconds in which the disk stores it. This Worker uses no sessions.
 */
import { type MiniflarePlugin, replaceSource } from './miniflareSource.ts'

/** The call in the source of Miniflare's D1. */
export const BOOKMARK_CALL = 'await this.state.storage.getCurrentBookmark()'

export function omitBookmarks(plugin: MiniflarePlugin): void {
  replaceSource(plugin, BOOKMARK_CALL, "''")
}

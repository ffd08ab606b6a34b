/** Options that many methods of the client share. */

/** The last argument of most methods. */
export interface CallOptions {
  signal?: AbortSignal | undefined
}

export interface VariantOptions {
  /** Queue whose named presets apply. */
  queue?: string
}

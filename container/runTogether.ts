/**
 * Runs several things at once, and returns when all have ended: while one still goes on, it uses the
 * scratch folder, the lease or the storage.
 *
 * @param signal stops all of them
 * @param runs get a signal that also aborts after the first error, with that error as its reason
 * @throws the first error, after the others have ended
 */
export async function runTogether<Results extends readonly unknown[]>(
  signal: AbortSignal,
  runs: readonly [...{ [K in keyof Results]: (signal: AbortSignal) => Promise<Results[K]> }],
): Promise<Results> {
  const stopping = new AbortController()
  const either = AbortSignal.any([signal, stopping.signal])
  const results = runs.map(async (run) => {
    try {
      return await run(either)
    } catch (error) {
      stopping.abort(error)
      throw error
    }
  })
  await Promise.allSettled(results)
  stopping.signal.throwIfAborted()
  return (await Promise.all(results)) as unknown as Results
}

/**
 * Runs a function for each item, at most `max` at a time.
 *
 * @throws the first error, after the others have ended, as `runTogether`
 */
export async function runForEach<Item>(
  items: readonly Item[],
  { max, signal }: { max: number; signal: AbortSignal },
  run: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  // Shared, so that each series takes the next item that no other one has taken.
  const waiting = items.values()
  const runSeries = async (either: AbortSignal) => {
    for (const item of waiting) {
      await run(item, either)
    }
  }
  await runTogether(
    signal,
    Array.from({ length: max }, () => runSeries),
  )
}

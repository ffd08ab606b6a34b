/** Repeats measurements. */

export async function measureMs(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

/**
 * Measures two ways of the same work in turns, so that other load on the machine affects both.
 * Returns the times of each round in milliseconds.
 */
export async function measureInTurns(
  rounds: number,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<{ first: number[]; second: number[] }> {
  const times = { first: [] as number[], second: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    times.first.push(await measureMs(first))
    times.second.push(await measureMs(second))
  }
  return times
}

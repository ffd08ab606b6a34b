/**
 * A D1 database that counts the rows its statements read and write, as D1 bills them, and the round
 * trips to the database.
 */

export interface Meter {
  rowsRead: number
  rowsWritten: number
  /** Calls of the database. A batch is one. */
  roundTrips: number
  /**
   * Number of round trips in the longest sequence in which each begins after another has ended. It
   * decides how long a caller waits.
   */
  depth: number
}

interface MeteredStatement {
  inner: D1PreparedStatement
  sql: string
}

export function meter(d1: D1Database) {
  const total: Meter = { rowsRead: 0, rowsWritten: 0, roundTrips: 0, depth: 0 }
  const statements = new Set<string>()
  const count = <T>(result: D1Result<T>) => {
    total.rowsRead += result.meta.rows_read
    total.rowsWritten += result.meta.rows_written
    return result
  }
  const send = async <T>(sent: Pick<MeteredStatement, 'sql'>[], call: () => Promise<T>) => {
    sent.forEach(({ sql }) => statements.add(sql))
    total.roundTrips++
    // `depth` has the round trips that have ended.
    const depth = total.depth + 1
    try {
      return await call()
    } finally {
      total.depth = Math.max(total.depth, depth)
    }
  }
  const prepared = (
    inner: D1PreparedStatement,
    sql: string,
  ): MeteredStatement & Partial<D1PreparedStatement> => ({
    inner,
    sql,
    bind: (...values: unknown[]) => prepared(inner.bind(...values), sql) as never,
    run: async () => count(await send([{ sql }], () => inner.run())) as never,
    all: async () => count(await send([{ sql }], () => inner.all())) as never,
    // D1 reports no row counts for raw(), so it is built from all().
    raw: async () =>
      count(await send([{ sql }], () => inner.all<object>())).results.map(Object.values) as never,
  })
  const metered = {
    prepare: (sql: string) => prepared(d1.prepare(sql), sql),
    batch: async (batch: MeteredStatement[]) =>
      (await send(batch, () => d1.batch(batch.map(({ inner }) => inner)))).map(count),
  }
  return {
    d1: metered as unknown as D1Database,
    /** The SQL of all statements so far, without their parameters. */
    statements,
    /** Runs `work`, and returns its result, and the rows and round trips that it needed. */
    cost: async <T>(work: () => Promise<T>): Promise<Meter & { result: T }> => {
      Object.assign(total, { rowsRead: 0, rowsWritten: 0, roundTrips: 0, depth: 0 })
      const result = await work()
      return { ...total, result }
    },
  }
}

/**
 * A D1 database that counts the rows its statements read and write, as D1 bills them, and the
 * queries that it receives. A batch is one query.
 */

export interface Meter {
  rowsRead: number
  rowsWritten: number
  queries: number
}

interface MeteredStatement {
  inner: D1PreparedStatement
}

export function meter(d1: D1Database) {
  const total: Meter = { rowsRead: 0, rowsWritten: 0, queries: 0 }
  const count = <T>(result: D1Result<T>) => {
    total.rowsRead += result.meta.rows_read
    total.rowsWritten += result.meta.rows_written
    return result
  }
  const prepared = (
    inner: D1PreparedStatement,
  ): MeteredStatement & Partial<D1PreparedStatement> => ({
    inner,
    bind: (...values: unknown[]) => prepared(inner.bind(...values)) as never,
    run: async () => {
      total.queries++
      return count(await inner.run()) as never
    },
    all: async () => {
      total.queries++
      return count(await inner.all()) as never
    },
    // D1 reports no row counts for raw(), so it is built from all().
    raw: async () => {
      total.queries++
      return count(await inner.all<object>()).results.map(Object.values) as never
    },
  })
  const metered = {
    prepare: (sql: string) => prepared(d1.prepare(sql)),
    batch: async (statements: MeteredStatement[]) => {
      total.queries++
      return (await d1.batch(statements.map((statement) => statement.inner))).map(count)
    },
  }
  return {
    d1: metered as unknown as D1Database,
    /** Runs `work`, and returns its result and the rows that it read and wrote. */
    cost: async <T>(work: () => Promise<T>): Promise<Meter & { result: T }> => {
      Object.assign(total, { rowsRead: 0, rowsWritten: 0, queries: 0 })
      const result = await work()
      return { ...total, result }
    },
  }
}

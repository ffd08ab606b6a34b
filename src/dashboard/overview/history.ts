/** The throughput of the last hours. */
import { client } from '../api.ts'

export const HISTORY_HOURS = 48

export function loadHistory() {
  return client.request('get', '/queue/stats/history', {
    query: { hours: HISTORY_HOURS, interval: 'hour' },
  })
}
export type HistoryEntry = Awaited<ReturnType<typeof loadHistory>>['entries'][number]

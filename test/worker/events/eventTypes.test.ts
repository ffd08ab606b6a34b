/** The durable events are the same in the contract, in the triggers, and in docs/api.md. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import apiPage from '../../../docs/api.md?raw'
import { DURABLE_EVENTS } from '../../../src/contract/events.ts'

it('the triggers insert each durable event, and no others', async () => {
  const query = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
  const { results } = await env.DB.prepare(query).all<{ sql: string }>()
  // `stage:` begins the names of totals, which are counted for the metrics.
  const inserted = results.flatMap(({ sql }) => sql.match(/(?<=')(?!stage:)[a-z]+:\w+(?=')/g) ?? [])
  expect(new Set(inserted)).toEqual(new Set(DURABLE_EVENTS))
})

it('the API page lists each durable event as kept, and no others', () => {
  const table = apiPage.slice(apiPage.indexOf('| event')).split('\n\n')[0]!
  const kept = [...table.matchAll(/^\| `([a-z:]+)` *\|.*\| yes +\|$/gm)].map(([, event]) => event)
  expect(new Set(kept)).toEqual(new Set(DURABLE_EVENTS))
})

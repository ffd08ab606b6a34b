/** Round trips and rows of the database that webhooks cost. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { dispatchEvents } from '../../../src/services/webhooks/dispatch.ts'
import { insertJobIn } from '../helpers/jobStore.ts'
import { meter } from '../helpers/meteredDatabase.ts'
import { openWebhooks } from '../helpers/webhooks.ts'

const { d1, cost } = meter(env.DB)
const { platform, create } = openWebhooks(d1)

it('a dispatch without endpoints takes one round trip and reads at most two rows', async () => {
  await insertJobIn('completed')
  const spent = await cost(() => dispatchEvents(platform))
  expect(spent).toMatchObject({ result: false, roundTrips: 1, rowsWritten: 0 })
  expect(spent.rowsRead).toBeLessThanOrEqual(2)
})

it('a dispatch to an endpoint takes five round trips', async () => {
  await create()
  await insertJobIn('completed')
  const { result, roundTrips, depth } = await cost(() => dispatchEvents(platform))
  expect({ result, roundTrips, depth }).toEqual({ result: true, roundTrips: 5, depth: 5 })
})

/** The open event streams in the metrics. */
import { afterEach, expect, it, vi } from 'vitest'
import { makeKey } from '../helpers/apiKeys.ts'
import { addQueue } from '../helpers/database.ts'
import { trackClients } from '../helpers/eventStream.ts'
import { api } from '../helpers/requests.ts'
import { WAIT } from '../helpers/wait.ts'

const { watch, closeAll } = trackClients()
afterEach(closeAll)

async function readStreams(response: Response) {
  const series = (await response.text()).matchAll(
    /^reelqueue_event_streams\{queue="(.+)"\} (\d+)$/gm,
  )
  return Object.fromEntries([...series].map(([, queue, value]) => [queue, Number(value)]))
}

it('open streams are counted on request, by the queue that they follow', async () => {
  await addQueue('other')
  const one = await watch('?queue=default')
  await watch('?queue=default')
  await watch()
  const read = async () => readStreams(await api('GET', '/metrics?include=streams'))
  expect(await read()).toEqual({ '*': 1, default: 2, other: 0 })
  await one.close()
  await vi.waitFor(async () => expect(await read()).toEqual({ '*': 1, default: 1, other: 0 }), WAIT)
  expect(await readStreams(await api('GET', '/metrics'))).toEqual({})
  const key = await makeKey({ queue: 'default', scopes: ['metrics:read'] })
  expect(await readStreams(await key.call('GET', '/metrics?include=streams'))).toEqual({
    default: 1,
  })
})

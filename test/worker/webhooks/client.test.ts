/** The requests to receivers: which addresses are refused, and what is read of an answer. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createWebhookClient } from '../../../src/platform/webhookClient.ts'

const client = createWebhookClient(() => false)
const message = { headers: { 'webhook-id': 'evt_1' }, body: '{}' }
function post(url: string) {
  return client.post({ ...message, url })
}

afterEach(() => vi.useRealTimers())

describe('a name is refused if', () => {
  it.each([
    ['its address is private', 'private', '10.0.0.1'],
    ['its address is loopback', 'loopback', '127.0.0.1'],
    ['one of its addresses is that of a metadata service', 'metadata', '169.254.169.254'],
    ['its IPv6 address is a mapped IPv4 address', 'mapped', '::ffff:127.0.0.1'],
    ['only its IPv6 address is private', 'local-v6', 'fd00::1'],
  ])('%s', async (_, name, address) => {
    const problem = `The name ${name}.example.com has the address ${address}, which is not on the public internet.`
    expect(await client.findProblem(`https://${name}.example.com/`)).toBe(problem)
    expect(await post(`https://${name}.example.com/`)).toMatchObject({
      status: null,
      error: problem,
    })
  })

  it('it has no address', async () => {
    expect(await client.findProblem('https://nowhere.example.com/')).toBe(
      'The name nowhere.example.com has no address.',
    )
  })

  it('the resolver fails: nothing is sent', async () => {
    expect(await post('https://unresolvable.example.com/')).toMatchObject({
      status: null,
      error: 'The request failed: the DNS resolver answered with 503',
    })
  })

  it('its address has changed since the last message', async () => {
    expect(await post('https://rebind-1.example.com/')).toMatchObject({ status: 200, error: null })
    expect(await post('https://rebind-1.example.com/')).toMatchObject({
      status: null,
      error: expect.stringContaining('has the address 127.0.0.1'),
    })
  })
})

it('names with public addresses, IPv4 or IPv6, are sent the message', async () => {
  for (const name of ['hooks', 'v6']) {
    const answer = await post(`https://${name}.example.com/`)
    expect(answer).toMatchObject({ status: 200, error: null })
    expect(JSON.parse(answer.response!)).toMatchObject({
      headers: { 'webhook-id': 'evt_1' },
      body: '{}',
    })
  }
})

it('literal addresses and http are refused without a look at DNS, but allowed for development', async () => {
  const local = createWebhookClient(() => true)
  for (const url of ['https://127.0.0.1/', 'http://hooks.example.com/']) {
    expect(await post(url)).toMatchObject({ status: null, error: expect.any(String) })
    expect(await local.post({ ...message, url })).toMatchObject({ status: 200, error: null })
  }
})

describe('an answer', () => {
  it('that redirects is a failure, and is not followed', async () => {
    expect(await post('https://hooks.example.com/redirect')).toMatchObject({
      status: 307,
      response: '',
      error:
        'The receiver answered with 307. Redirects are not followed: change the URL of the webhook.',
    })
  })

  it('other than 2xx is a failure, with its Retry-After', async () => {
    expect(await post('https://hooks.example.com/status/429')).toMatchObject({
      status: 429,
      retryAfter: '7',
      error: 'The receiver answered with 429. Only 2xx counts as delivered.',
    })
  })

  it('that is long is kept up to 500 bytes', async () => {
    expect(await post('https://hooks.example.com/long')).toMatchObject({
      status: 200,
      response: 'a'.repeat(500),
      error: null,
    })
  })

  it('whose body does not end counts, and has the bytes that came within 2 s', async () => {
    const answer = await post('https://hooks.example.com/slow-body')
    expect(answer).toMatchObject({ status: 200, response: 'the start', error: null })
    expect(answer.durationMs).toBeLessThan(14_000)
  })

  it('that does not come within 15 s is a failure', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let answer: unknown
    const answered = createWebhookClient(() => true)
      .post({ ...message, url: 'https://hooks.example.com/never' })
      .then((arrived) => (answer = arrived))
    await vi.advanceTimersByTimeAsync(14_900)
    expect(answer).toBeUndefined()
    await vi.advanceTimersByTimeAsync(100)
    await answered
    expect(answer).toMatchObject({ status: null, error: 'There was no answer within 15 s.' })
  })
})

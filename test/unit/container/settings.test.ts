import { expect, it } from 'vitest'
import { readSettings } from '../../../container/settings.ts'

const GATEWAY_URL = 'http://127.0.0.1:8787/'

it("only the gateway's address is required", () => {
  expect(readSettings({ GATEWAY_URL, RUNNER_NAME: 'laptop', QUEUES: '' })).toMatchObject({
    gatewayUrl: 'http://127.0.0.1:8787',
    token: null,
    queues: ['default'],
    idleSeconds: 60,
    runnerId: expect.stringMatching(/^laptop-[0-9a-f]{8}$/),
    transferDigests: true,
    ffmpeg: 'ffmpeg',
  })
})

it('queues keep their order, and IDLE_SECONDS can be "forever"', () => {
  const settings = readSettings({ GATEWAY_URL, QUEUES: 'urgent, default', IDLE_SECONDS: 'forever' })
  expect(settings).toMatchObject({ queues: ['urgent', 'default'], idleSeconds: Infinity })
  expect(readSettings({ GATEWAY_URL, TRANSFER_DIGESTS: 'off' }).transferDigests).toBe(false)
})

it.each([
  ['no address', {}, /^GATEWAY_URL must be the http or https address/],
  ['another protocol', { GATEWAY_URL: 'file:///etc' }, /^GATEWAY_URL must be/],
  ['a bad queue', { GATEWAY_URL, QUEUES: 'a,,B' }, /^QUEUES must be queue names/],
  [
    'a negative idle time',
    { GATEWAY_URL, IDLE_SECONDS: '-1' },
    /^IDLE_SECONDS must be a number.*forever/,
  ],
  ['text instead of a number', { GATEWAY_URL, IDLE_SECONDS: 'long' }, /^IDLE_SECONDS must be/],
  [
    'another word for digests',
    { GATEWAY_URL, TRANSFER_DIGESTS: 'no' },
    /^TRANSFER_DIGESTS must be "on"/,
  ],
  ['no core', { GATEWAY_URL, CPUS: '0' }, /^CPUS must be the number of cores/],
  ['a token with a line break', { GATEWAY_URL, RUNNER_TOKEN: 'a\nb' }, /^RUNNER_TOKEN must be/],
])('%s is rejected with a message that states the valid values', (_, env, message) => {
  expect(() => readSettings(env)).toThrow(
    expect.objectContaining({ name: 'InvalidSettings', message: expect.stringMatching(message) }),
  )
})

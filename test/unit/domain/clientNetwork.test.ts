import { describe, expect, it } from 'vitest'
import { findClientNetwork } from '../../../src/domain/clientNetwork.ts'

describe('the network of a client', () => {
  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:0000:0000:0000:0009', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(findClientNetwork(address)).toBe(network)
  })

  it.each(['::ffff:192.0.2.1', '::FFFF:c000:0201', '0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'])(
    'of the IPv4 address %s is that address',
    (address) => {
      expect(findClientNetwork(address)).toBe('192.0.2.1')
    },
  )

  it.each(['unknown', 'one:/health', '1:2', ''])('of "%s" is the text itself', (text) => {
    expect(findClientNetwork(text)).toBe(text)
  })
})

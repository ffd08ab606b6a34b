/** Receivers of webhooks must be on the public internet, however their address is written. */
import { describe, expect, it } from 'vitest'
import { findUrlProblem, isPublicAddress } from '../../../src/domain/publicAddress.ts'

describe('an address is refused if it is', () => {
  it.each([
    ['unspecified', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['loopback, not the first', '127.255.255.254'],
    ['private, class A', '10.1.2.3'],
    ['private, class B', '172.16.0.1'],
    ['private, the end of class B', '172.31.255.255'],
    ['private, class C', '192.168.1.1'],
    ['link-local', '169.254.1.1'],
    ['the metadata service', '169.254.169.254'],
    ['of a carrier', '100.64.0.1'],
    ['for benchmarks', '198.18.0.1'],
    ['for documentation', '192.0.2.1'],
    ['of the IETF', '192.0.0.170'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified, IPv6', '::'],
    ['loopback, IPv6', '::1'],
    ['link-local, IPv6', 'fe80::1'],
    ['unique local', 'fd00:ec2::254'],
    ['site-local', 'fec0::1'],
    ['multicast, IPv6', 'ff02::1'],
    ['for documentation, IPv6', '2001:db8::1'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped metadata', '::ffff:a9fe:a9fe'],
    ['IPv4-compatible', '::10.0.0.1'],
    ['translated by NAT64', '64:ff9b::10.0.0.1'],
    ['6to4 of a private one', '2002:a00:1::'],
    ['Teredo', '2001::1'],
    ['no address', 'example.com'],
    ['no address at all', ''],
  ])('%s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

it.each(['93.184.216.34', '172.15.255.255', '172.32.0.1', '2606:4700::6810:84e5'])(
  'the public address %s is accepted',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

describe('a URL is refused', () => {
  it.each([
    ['without TLS', 'http://example.com/', 'It must begin with https://.'],
    ['with a decimal address', 'https://2130706433/', 'The address 127.0.0.1 is not on the public'],
    ['with a short address', 'https://127.1/', 'The address 127.0.0.1 is not'],
    ['with a hexadecimal address', 'https://0xa9fea9fe/', 'The address 169.254.169.254 is not'],
    ['with an octal address', 'https://0177.0.0.1/', 'The address 127.0.0.1 is not'],
    ['with a mapped address', 'https://[::ffff:10.0.0.1]/', 'The address ::ffff:a00:1 is not'],
    ['with loopback of IPv6', 'https://[::1]:8443/', 'The address ::1 is not'],
    ['with localhost', 'https://localhost/', 'The name localhost is not'],
    ['below localhost', 'https://a.localhost/', 'The name a.localhost is not'],
    ['with a dot at its end', 'https://metadata.google.internal./', 'metadata.google.internal is'],
    ['in upper case', 'https://HOST.LOCAL/', 'The name host.local is not'],
    ['in full-width letters', 'https://ｌｏｃａｌｈｏｓｔ/', 'The name localhost is not'],
    ['without a domain', 'https://intranet/', 'The name intranet is not'],
  ])('%s: %s', (_, url, problem) => {
    expect(findUrlProblem(new URL(url))).toContain(problem)
  })

  it('not with a public name or address', () => {
    expect(findUrlProblem(new URL('https://hooks.example.com/in?a=1'))).toBeNull()
    expect(findUrlProblem(new URL('https://internal.example.com/'))).toBeNull()
    expect(findUrlProblem(new URL('https://93.184.216.34:8443/'))).toBeNull()
    expect(findUrlProblem(new URL('https://[2606:4700::1111]/'))).toBeNull()
  })
})

/** Addresses to which the service sends no requests of callers: a server must be on the public internet. */
import ipaddr from 'ipaddr.js'

/** Names of this machine or of a private network, which no public DNS server has. */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|home\.arpa)$/

/** Returns whether an address of IPv4 or IPv6 is on the public internet. False if the text is no address. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) {
    return false
  }
  // IPv4 that is written as IPv6 (::ffff:10.0.0.1) is checked as IPv4.
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast') {
    return false
  }
  if (address.kind() === 'ipv4') {
    return true
  }
  // Only 2000::/3 is assigned. Translations to IPv4 are in it, or have a range of their own.
  const first = (address as InstanceType<typeof ipaddr.IPv6>).parts[0]!
  return first >= 0x2000 && first <= 0x3fff
}

/** Returns the address of a URL whose host is one, without brackets; null if it is a name. */
export function findLiteralAddress({ hostname }: URL): string | null {
  const text = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return ipaddr.isValid(text) ? text : null
}

/**
 * Returns why nothing may be sent to a URL, as far as its text says; null if it may. The URL parser has already
 * turned other forms of IPv4 addresses (2130706433, 0x7f.1) into four numbers.
 */
export function findUrlProblem(url: URL): string | null {
  if (url.protocol !== 'https:') {
    return 'It must begin with https://.'
  }
  const literal = findLiteralAddress(url)
  if (literal !== null) {
    return isPublicAddress(literal) ? null : `The address ${literal} is not on the public internet.`
  }
  const name = url.hostname.replace(/\.$/, '')
  return !name.includes('.') || PRIVATE_NAME.test(name)
    ? `The name ${name} is not on the public internet.`
    : null
}

/** The network under which a visitor's requests and event streams are counted. */

/** Number of 16-bit groups of an IPv6 address that name its network, a /64. */
const NETWORK_GROUPS = 4

/**
 * Returns the /64 network of an IPv6 address, because one client often has a whole /64 and could
 * evade a limit on single addresses. Returns any other text unchanged, and an IPv4 address that is
 * written as IPv6 (::ffff:192.0.2.1) as IPv4.
 */
export function findClientNetwork(address: string): string {
  const groups = parseIPv6(address)
  if (!groups) {
    return address
  }
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.')
  }
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** Returns the eight groups of an IPv6 address, or null if the text is none. */
function parseIPv6(text: string): number[] | null {
  // A zone, such as %eth0, names an interface of the host.
  const url = `http://[${text.replace(/%.*$/, '')}]`
  if (!text.includes(':') || !URL.canParse(url)) {
    return null
  }
  // The URL parser writes an IPv4 address at the end as two groups.
  const [before = '', after = ''] = new URL(url).hostname.slice(1, -1).split('::')
  const left = parseGroups(before)
  const right = parseGroups(after)
  const zeros = Array<number>(8 - left.length - right.length).fill(0)
  return [...left, ...zeros, ...right]
}

function parseGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

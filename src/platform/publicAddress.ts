/** Checks the addresses of servers to which the Worker sends requests, after their names are resolved. */
import { shorten } from '../contract/quote.ts'
import { findLiteralAddress, findUrlProblem, isPublicAddress } from '../domain/publicAddress.ts'

const RESOLVER = 'https://cloudflare-dns.com/dns-query'
const RESOLVE_TIMEOUT_MS = 5_000
/** Types of DNS records. */
const ADDRESS_TYPES = { A: 1, AAAA: 28 }
/** Response codes of DNS that are an answer: NOERROR, and NXDOMAIN if there is no such name. */
const ANSWERED = [0, 3]

/** Returns why nothing may be sent to a URL, also after its name is resolved; null if it may. @throws if the resolver fails */
export async function findAddressProblem(url: URL): Promise<string | null> {
  const problem = findUrlProblem(url)
  if (problem !== null || findLiteralAddress(url) !== null) {
    return problem
  }
  const addresses = await resolve(url.hostname)
  if (addresses.length === 0) {
    return `The name ${shorten(url.hostname)} has no address.`
  }
  const hidden = addresses.find((address) => !isPublicAddress(address))
  return hidden === undefined
    ? null
    : `The name ${shorten(url.hostname)} has the address ${hidden}, which is not on the public internet.`
}

interface DnsAnswer {
  Status: number
  Answer?: { type: number; data: string }[]
}

/** Resolves a name over HTTPS: Workers have no other access to DNS. @throws if the resolver fails */
async function resolve(name: string): Promise<string[]> {
  const answers = await Promise.all(
    Object.entries(ADDRESS_TYPES).map(async ([type, code]) => {
      const query = new URLSearchParams({ name, type })
      const response = await fetch(`${RESOLVER}?${query}`, {
        headers: { Accept: 'application/dns-json' },
        signal: AbortSignal.timeout(RESOLVE_TIMEOUT_MS),
      })
      if (!response.ok) {
        throw new Error(`the DNS resolver answered with ${response.status}`)
      }
      const { Status, Answer = [] } = await response.json<DnsAnswer>()
      if (!ANSWERED.includes(Status)) {
        throw new Error(
          `the DNS resolver could not resolve the name ${shorten(name)} (response code ${Status})`,
        )
      }
      return Answer.filter((record) => record.type === code).map(({ data }) => data)
    }),
  )
  return answers.flat()
}

/**
 * Which service a command calls, and with which API key. Options come before the environment, the
 * environment before the user's settings file, and the file before the service of this machine.
 */
import { findConfigFile, isReadableByOthers, readConfig } from './configFile.ts'
import { usageError } from './cliError.ts'
import { findLocalKey, isLoopback, type Place } from './localService.ts'

export const LOCAL_URL = 'http://127.0.0.1:8787'

export interface Settings {
  /** Without a slash at its end. */
  url: string
  /** Where the address comes from, for messages. */
  urlSource: string
  apiKey: string | null
  keySource: string
  /** True if the service runs on this machine. */
  isLocal: boolean
  /** Remarks about risks. */
  warnings: string[]
}

export interface GlobalOptions {
  url?: string
  apiKey?: string
}

/** @throws CliError if a setting is not valid */
export function readSettings(options: GlobalOptions, place: Place): Settings {
  const { env } = place
  const path = findConfigFile(env)
  const config = readConfig(path)
  const url = choose([
    [options.url, 'the option --url'],
    [env['REELQUEUE_URL'], 'REELQUEUE_URL'],
    [config.url, path],
    [LOCAL_URL, 'the default'],
  ])!
  const address = parseUrl(url.value, url.source)
  const local = findLocalKey(address, place)
  const key = choose([
    [options.apiKey, 'the option --api-key'],
    [env['REELQUEUE_API_KEY'], 'REELQUEUE_API_KEY'],
    [config.apiKeys[address], path],
    [local?.apiKey, local?.path ?? ''],
  ])
  const warnings = []
  if (Object.keys(config.apiKeys).length > 0 && isReadableByOthers(path)) {
    warnings.push(`Other users can read the API keys in ${path}. Run: chmod 600 ${path}`)
  }
  if (key && address.startsWith('http:') && !isLoopback(address)) {
    warnings.push(`${address} has no TLS: others on the network can read the API key.`)
  }
  return {
    url: address,
    urlSource: url.source,
    apiKey: key?.value ?? null,
    keySource: key?.source ?? '',
    isLocal: isLoopback(address),
    warnings,
  }
}

/** Returns the first value that is set and not empty. */
function choose(values: [value: string | undefined, source: string][]) {
  const [found] = values.filter(([value]) => value)
  return found && { value: found[0]!, source: found[1] }
}

/** @throws CliError unless it is an http or https address without user, query and fragment */
export function parseUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash
  if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
    throw usageError(
      `The address of the service must be like https://video.example.com (got "${text}" from ${source}).`,
    )
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/**
 * The user's settings file: the address of the service, and the API key of each service. A key is
 * kept with its address, so that it is never sent to another one.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CliError } from './cliError.ts'

export interface Config {
  /** Address of the service that commands use by default. */
  url?: string
  /** API keys by the address of their service. */
  apiKeys: Record<string, string>
}

export type Environment = Readonly<Record<string, string | undefined>>

export function findConfigFile(env: Environment): string {
  const folder = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config')
  return env['REELQUEUE_CONFIG'] || join(folder, 'reelqueue', 'config.json')
}

/** @throws CliError if the file exists and is not valid */
export function readConfig(path: string): Config {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { apiKeys: {} }
    }
    throw error
  }
  try {
    return check(JSON.parse(text))
  } catch {
    throw new CliError(`${path} is not a valid settings file.`, {
      hint: 'Correct it, or delete it and sign in with "reelqueue login".',
    })
  }
}

function check(value: unknown): Config {
  const { url, apiKeys = {} } = value as Partial<Config>
  const texts = [...(url === undefined ? [] : [url]), ...Object.values(apiKeys)]
  if (texts.some((text) => typeof text !== 'string')) {
    throw new TypeError('url and apiKeys are text.')
  }
  return { ...(url !== undefined && { url }), apiKeys }
}

/** Replaces the file as a whole. Only its owner can read it. */
export function writeConfig(path: string, config: Config): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const complete = `${path}.${process.pid}`
  writeFileSync(complete, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  // An existing file keeps its mode when it is written.
  chmodSync(complete, 0o600)
  renameSync(complete, path)
}

/** True if other users of the machine can read the file. Windows has no such modes. */
export function isReadableByOthers(path: string): boolean {
  try {
    return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
  } catch {
    return false
  }
}

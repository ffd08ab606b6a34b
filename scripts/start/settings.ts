/**
 * The settings of `npm start`: the one place where its environment is read. A bad value is refused
 * with what would be right.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type Settings = Readonly<{
  port: number
  url: string
  apiKey: string
  runnerToken: string
  runners: number
  stateDir: string
  /** For development: runners restart when their code changes, and log lines are printed. */
  dev: boolean
}>

/** A message for the person at the terminal; anything else that is thrown is a bug. */
export class Refusal extends Error {}

// What RFC 6750 allows in a bearer token; none of it means anything to a shell or to an env file.
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

export function readSettings(env: NodeJS.ProcessEnv, args: string[] = []): Settings {
  const port = integer(env, 'PORT', { fallback: 8787, min: 1, max: 65_535 })
  const runners = integer(env, 'RUNNERS', { fallback: 1, min: 0, max: 64 })
  const stateDir = resolve(env.STATE_DIR || '.reelqueue')
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Refusal(`STATE_DIR ${stateDir} cannot be made: ${(error as Error).message}`)
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    apiKey: env.API_KEY ? givenKey(env.API_KEY) : keptKey(join(stateDir, 'api-key')),
    // New at every start: the runners that know it do not outlive it.
    runnerToken: randomBytes(32).toString('base64url'),
    runners,
    stateDir,
    dev: args.includes('--dev'),
  }
}

function integer(
  env: NodeJS.ProcessEnv,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const text = env[name]
  if (!text) {
    return fallback
  }
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) {
    return value
  }
  throw new Refusal(`${name} is "${text}"; it must be a whole number from ${min} to ${max}`)
}

function givenKey(key: string): string {
  if (TOKEN.test(key)) {
    return key
  }
  throw new Refusal('API_KEY may hold letters, digits and . _ ~ + / - only, with = at its end')
}

function keptKey(path: string): string {
  if (existsSync(path)) {
    const kept = readFileSync(path, 'utf8').trim()
    if (TOKEN.test(kept)) {
      return kept
    }
    throw new Refusal(`${path} holds no usable API key; remove it and a new one is made`)
  }
  const made = `rq_${randomBytes(24).toString('base64url')}`
  writeFileSync(path, `${made}\n`, { mode: 0o600 })
  return made
}

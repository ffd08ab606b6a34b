/** Reads the settings of `npm start` from the environment. */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { StartError } from './startError.ts'
import { prepareStateDir } from './stateDir.ts'

export type Settings = Readonly<{
  port: number
  url: string
  apiKey: string
  runnerToken: string
  runners: number
  /** Cores for the jobs of each runner; null for all. */
  cpus: number | null
  /** Memory for each runner and its ffmpeg; null for all. */
  memoryBytes: number | null
  stateDir: string
  /** Settings of the Worker that replace those of wrangler.toml. */
  vars: Readonly<Record<string, string>>
  /** For development: the Worker and the runners reload their code, and log lines are printed. */
  dev: boolean
}>

// A bearer token (RFC 6750). It needs no quotes in an env file, nor in a shell unless it starts
// with ~.
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** A shorter key can be guessed. API_KEY also signs stream tokens and URLs. */
const MIN_KEY_CHARACTERS = 16

/** @throws StartError if a setting is not valid, or the state folder cannot be used */
export function readSettings(env: NodeJS.ProcessEnv, args: string[] = []): Settings {
  const port = readInteger(env, 'PORT', { fallback: 8787, min: 1, max: 65_535 })
  const runners = readInteger(env, 'RUNNERS', { fallback: 1, min: 0, max: 64 })
  const ownKey = env.API_KEY ? checkKey(env.API_KEY) : null
  const stateDir = resolve(env.STATE_DIR || '.reelqueue')
  prepareStateDir(stateDir)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    apiKey: ownKey ?? readOrCreateKey(join(stateDir, 'api-key')),
    // New at every start, since the runners stop together with the system.
    runnerToken: randomBytes(32).toString('base64url'),
    runners,
    cpus: shareCores(env, runners),
    memoryBytes: shareMemory(env, runners),
    stateDir,
    vars: readVars(env),
    dev: args.includes('--dev'),
  }
}

/** The settings of the Worker that a front end on this machine needs. The Worker validates them. */
const ORIGIN_SETTINGS = ['CORS_ORIGINS', 'EMBED_ORIGINS']

function readVars(env: NodeJS.ProcessEnv): Record<string, string> {
  const given = ORIGIN_SETTINGS.filter((name) => env[name])
  for (const name of given) {
    // The characters of origins. They are written to a file of variables.
    if (!/^[A-Za-z0-9:/.*[\]_, -]+$/.test(env[name]!)) {
      throw new StartError(
        `${name} must be origins, such as http://localhost:3000, separated by commas.`,
      )
    }
  }
  const vars = Object.fromEntries(given.map((name) => [name, env[name]!]))
  return { ...vars, ...readChoices(env), ...readS3Settings(env) }
}

/** The secrets with credentials of S3-compatible services. The Worker validates them. */
export const S3_SETTINGS = ['S3_CREDENTIALS', 'DIRECT_UPLOADS'] as const

function readS3Settings(env: NodeJS.ProcessEnv): Record<string, string> {
  const given = S3_SETTINGS.filter((name) => env[name])
  return Object.fromEntries(given.map((name) => [name, quoteJson(name, env[name]!)]))
}

/** Returns a JSON text as a value of a file of variables. */
function quoteJson(name: string, json: string): string {
  try {
    return `'${JSON.stringify(JSON.parse(json)).replaceAll("'", String.raw`\u0027`)}'`
  } catch {
    throw new StartError(`${name} must be JSON; docs/deploy.md has an example.`)
  }
}

/** Settings of the Worker that have one of two values. */
const CHOICES: Record<string, [string, string]> = {
  WEBHOOK_PRIVATE_ADDRESSES: ['allow', 'refuse'],
  IMPORT_PRIVATE_ADDRESSES: ['allow', 'refuse'],
  COMPATIBILITY: ['openinary', 'off'],
}

function readChoices(env: NodeJS.ProcessEnv): Record<string, string> {
  const vars: Record<string, string> = {}
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = env[name]
    if (!value) {
      continue
    }
    if (!choices.includes(value)) {
      throw new StartError(`${name} must be "${choices.join('" or "')}" (got "${value}").`)
    }
    vars[name] = value
  }
  return vars
}

/**
 * Shares the cores of this machine among the runners. With one thread for each core, an encode takes
 * less processor time than with the default of ffmpeg, which is more threads than cores.
 */
function shareCores(env: NodeJS.ProcessEnv, runners: number): number | null {
  const cores = availableParallelism()
  if (env.CPUS) {
    return readInteger(env, 'CPUS', { fallback: cores, min: 1, max: 1_024 })
  }
  return runners > 1 ? Math.max(1, Math.floor(cores / runners)) : null
}

/**
 * Shares the memory of this machine, or of its container, among the runners. If MEMORY_BYTES is set,
 * each runner reads it itself.
 */
function shareMemory(env: NodeJS.ProcessEnv, runners: number): number | null {
  if (env.MEMORY_BYTES || runners < 2) {
    return null
  }
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return Math.floor(bytes / runners)
}

function readInteger(
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
  throw new StartError(`${name} must be an integer from ${min} to ${max} (got "${text}").`)
}

function checkKey(key: string): string {
  if (!TOKEN.test(key)) {
    throw new StartError(
      'API_KEY may contain only letters, digits and . _ ~ + / -, with = at its end.',
    )
  }
  if (key.length < MIN_KEY_CHARACTERS) {
    throw new StartError(
      `API_KEY must have at least ${MIN_KEY_CHARACTERS} characters (got ${key.length}). Without API_KEY, a key is created.`,
    )
  }
  return key
}

function readOrCreateKey(path: string): string {
  if (!existsSync(path)) {
    createKey(path)
  }
  const stored = readFileSync(path, 'utf8').trim()
  if (!TOKEN.test(stored)) {
    throw new StartError(
      `${path} does not contain a valid API key. Delete it to have a new one created.`,
    )
  }
  return stored
}

/**
 * Creates the file of the key. It appears as a whole, and only if it does not exist, so that two
 * starts at the same moment use the same key.
 */
function createKey(path: string): void {
  const complete = `${path}.${process.pid}`
  writeFileSync(complete, `rq_${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  try {
    linkSync(complete, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new StartError(`${path} cannot be created: ${(error as Error).message}`)
    }
  } finally {
    rmSync(complete)
  }
}

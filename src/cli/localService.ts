/** Finds the API key of a service that `npm start` runs on this machine. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Environment } from './configFile.ts'

const STATE_DIR = '.reelqueue'
/** Written by `npm start`: the state folder of the service on a port. */
const POINTERS = join('node_modules', '.cache', 'reelqueue')

export interface FoundKey {
  apiKey: string
  /** The file that has the key. */
  path: string
}

export interface Place {
  env: Environment
  /** Folder in which the command runs. Its parents are searched too. */
  folder: string
}

export function isLoopback(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

export function findLocalKey(url: string, { env, folder }: Place): FoundKey | null {
  if (!isLoopback(url)) {
    return null
  }
  const { port } = new URL(url)
  const stateDirs = [
    env['STATE_DIR'] && resolve(folder, env['STATE_DIR']),
    readPointer(port, folder),
    findAbove(STATE_DIR, folder),
  ]
  for (const stateDir of stateDirs) {
    const key = stateDir ? readKey(stateDir) : null
    if (key) {
      return key
    }
  }
  return null
}

/** Returns the state folder of the service that was last started on the port, by this clone. */
function readPointer(port: string, folder: string): string | null {
  const path = findAbove(join(POINTERS, `${port}.json`), folder)
  try {
    const { stateDir } = JSON.parse(readFileSync(path!, 'utf8')) as { stateDir?: string }
    return stateDir ?? null
  } catch {
    return null
  }
}

/** `secrets.env` has the key of the latest start, which can have been set by API_KEY. */
function readKey(stateDir: string): FoundKey | null {
  const secrets = join(stateDir, 'secrets.env')
  const latest = /^API_KEY=(.+)$/m.exec(readText(secrets))?.[1]
  if (latest) {
    return { apiKey: latest, path: secrets }
  }
  const created = join(stateDir, 'api-key')
  const apiKey = readText(created).trim()
  return apiKey === '' ? null : { apiKey, path: created }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function findAbove(name: string, folder: string): string | null {
  for (let current = resolve(folder); ; current = dirname(current)) {
    const path = join(current, name)
    if (existsSync(path)) {
      return path
    }
    if (current === dirname(current)) {
      return null
    }
  }
}

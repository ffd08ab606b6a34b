/** The output of `npm start`, the settings that it rejects, and the use of its state folder. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, inject, test, vi } from 'vitest'
import { describePortError } from '../../../scripts/start/claim.ts'
import { launch } from '../../../scripts/start/process.ts'
import { prepareStateDir } from '../../../scripts/start/stateDir.ts'
import { waitUntilUnresponsive } from '../../../scripts/start/worker.ts'
import { findFreePort } from '../fixtures/freePort.ts'
import { makeClip } from '../fixtures/media.ts'
import { expectNoProcesses } from '../fixtures/expectNoProcesses.ts'
import { listProcesses } from '../fixtures/processes.ts'
import { runStartProgram, START, type StartProgram } from '../fixtures/startProgram.ts'

const running: StartProgram[] = []

async function start(env: Record<string, string>, options: { detached?: boolean } = {}) {
  const port = String(await findFreePort())
  const program = runStartProgram({ PORT: port, RUNNERS: '0', ...env }, options)
  running.push(program)
  return { ...program, url: `http://127.0.0.1:${env['PORT'] ?? port}` }
}
afterEach(async () => {
  for (const program of running.splice(0)) {
    program.kill('SIGTERM')
    await program.exited
  }
})

/** Runs a command that does not end by itself, and stops it when it has printed the text. */
async function readUntil(command: string, text: string): Promise<string> {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += chunk
    if (output.includes(text)) {
      break
    }
  }
  child.kill()
  return output
}

function makeStateDir(): string {
  return mkdtempSync(join(inject('stateDirs'), 'state-'))
}

describe('a setting that cannot be used is rejected with a message', () => {
  test.each([
    ['a short API_KEY', { API_KEY: 'short' }, /^API_KEY must have at least 16 characters/],
    ['a port that is not a number', { PORT: 'http' }, /^PORT must be an integer from 1 to 65535/],
    [
      'a state folder that cannot be created',
      { STATE_DIR: '/dev/null/x' },
      /^STATE_DIR: \/dev\/null\/x cannot/,
    ],
    [
      'a state folder below /proc',
      { STATE_DIR: '/proc/x/y' },
      /^STATE_DIR: \/proc\/x\/y cannot be used: ENOENT.*Choose a folder that you can write to/,
    ],
    ['a state folder of /proc', { STATE_DIR: '/proc/self/fd' }, /^STATE_DIR: .* contains other/],
    ['a state folder below /sys', { STATE_DIR: '/sys/x/y' }, /^STATE_DIR: \/sys\/x\/y cannot/],
    ['a device as state folder', { STATE_DIR: '/dev/null' }, /^STATE_DIR: \/dev\/null cannot/],
    ['a state folder of something else', { STATE_DIR: '/etc' }, /^STATE_DIR: \/etc contains other/],
  ])('%s', async (_name, env, message) => {
    const mode = statSync('/etc').mode
    const program = await start({ STATE_DIR: makeStateDir(), ...env })
    expect(await program.exited).toBe(1)
    const lines = program.output().trim().split('\n')
    expect(lines).toEqual(['Starting Reelqueue …', expect.stringMatching(message)])
    expect(statSync('/etc').mode).toBe(mode)
  })

  test('a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const program = await start({ STATE_DIR: makeStateDir(), PORT: String(port) })
    expect(await program.exited).toBe(1)
    expect(program.output()).toContain(`Port ${port} is in use. Choose another`)
    server.close()
  })

  test('a port that only root may use', () => {
    const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
    expect(describePortError(80, error)).toBe(
      'Only root may use port 80. Choose a port from 1024: PORT=8787 npm start',
    )
  })
})

describe('two starts on one state folder', () => {
  test('do not both run, even if one names the folder by a symbolic link', async () => {
    const stateDir = makeStateDir()
    const link = `${stateDir}-link`
    symlinkSync(stateDir, link)
    const programs = await Promise.all([start({ STATE_DIR: stateDir }), start({ STATE_DIR: link })])
    const areReady = await Promise.all(programs.map((program) => program.isReady()))
    expect(areReady.filter((isReady) => isReady)).toHaveLength(1)
    const rejected = programs[areReady.indexOf(false)]!
    expect(await rejected.exited).toBe(1)
    expect(rejected.output()).toContain('is in use by another npm start')
    const ready = programs[areReady.indexOf(true)]!
    expect((await fetch(`${ready.url}/health`)).status).toBe(200)
  })

  test('the second runs once the process group of the first is killed, and nothing is left of it', async () => {
    const stateDir = makeStateDir()
    const first = await start({ STATE_DIR: stateDir, RUNNERS: '1' }, { detached: true })
    expect(await first.isReady()).toBe(true)
    const pids = listProcesses(stateDir).map(({ pid }) => pid)
    process.kill(-first.pid, 'SIGKILL')
    await first.exited
    await expectNoProcesses(stateDir)

    const second = await start({ STATE_DIR: stateDir })
    expect(await second.isReady()).toBe(true)
    const remaining = listProcesses(stateDir).filter(({ pid }) => pids.includes(pid))
    expect(remaining).toEqual([])
  })
})

test('nothing is left when npm is killed', async () => {
  const stateDir = makeStateDir()
  const port = String(await findFreePort())
  // The shell stands for npm: it is the parent of the program, and waits for it.
  const npm = spawn('sh', ['-c', `sh '${START}' & wait`], {
    env: {
      ...process.env,
      STATE_DIR: stateDir,
      PORT: port,
      RUNNERS: '0',
      npm_lifecycle_event: 'start',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  for await (const chunk of npm.stdout.setEncoding('utf8')) {
    if ((chunk as string).includes('Starting the Worker')) {
      break
    }
  }
  npm.kill('SIGKILL')
  await expectNoProcesses(stateDir, 10_000)
})

test('the steps of a start are printed, and the printed commands work as they are', async () => {
  const stateDir = join(makeStateDir(), 'new')
  const program = await start({ STATE_DIR: stateDir, RUNNERS: '1', API_KEY: '' })
  expect(await program.isReady()).toBe(true)
  const steps = program.output().match(/^.* …$/gm)
  expect(steps).toEqual([
    'Starting Reelqueue …',
    'Building the Worker …',
    'Starting the Worker …',
    'Starting 1 runner …',
  ])

  const folder = makeStateDir()
  writeFileSync(join(folder, 'clip.mp4'), makeClip())
  const commands = program.output().match(/^ {2}curl .*$/gm)!
  expect(commands).toHaveLength(3)
  const [upload, create, events] = commands as [string, string, string]
  const run = async (command: string) =>
    (await promisify(execFile)('sh', ['-c', command], { cwd: folder })).stdout
  expect(await run(upload)).toContain('"filePath":"videos/clip.mp4"')
  expect(await run(create)).toContain('"status":"pending"')
  // The job may have ended before the events are requested.
  const key = /Bearer (\S+)'/.exec(events)![1]!
  await vi.waitFor(
    async () => {
      const headers = { Authorization: `Bearer ${key}` }
      const list = await (await fetch(`${program.url}/queue/jobs`, { headers })).text()
      expect(list).toContain('"status":"completed"')
    },
    { timeout: 120_000, interval: 200 },
  )
  expect(await readUntil(events, 'job:completed')).toContain('job:completed')

  const folders = readdirSync(stateDir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
  const modes = [stateDir, ...folders].map((path) => statSync(path).mode & 0o777)
  expect(new Set(modes)).toEqual(new Set([0o700]))
})

test('a folder that another start is preparing is not taken for one of something else', () => {
  const stateDir = makeStateDir()
  writeFileSync(join(stateDir, 'write-test'), '')
  prepareStateDir(stateDir)
  expect(readdirSync(stateDir)).toEqual([])
})

test('a process ends although one that it has started keeps its output open', async () => {
  const logFile = join(makeStateDir(), 'log')
  const launched = launch({ command: 'sh', args: ['-c', 'sleep 300 & echo started'], logFile })
  expect(await launched.exited).toEqual({ code: 0, signal: null })
  expect(launched.tail()).toBe('started')
})

test('a folder with mode 0755 in an existing state folder gets mode 0700', async () => {
  const stateDir = makeStateDir()
  mkdirSync(join(stateDir, 'v3'), { mode: 0o755 })
  const program = await start({ STATE_DIR: stateDir })
  expect(await program.isReady()).toBe(true)
  expect(statSync(join(stateDir, 'v3')).mode & 0o777).toBe(0o700)
})

describe('a Worker that does not respond', () => {
  const check = { intervalMs: 10, maxRefusals: 3, maxSilenceMs: 1_500 }

  test('is detected when it refuses connections', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`
    await waitUntilUnresponsive({ url }, new AbortController().signal, check)
  })

  test('is detected only after maxSilenceMs while it accepts connections', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const startedAt = performance.now()
    const url = `http://127.0.0.1:${port}`
    await waitUntilUnresponsive({ url }, new AbortController().signal, check)
    expect(performance.now() - startedAt).toBeGreaterThan(check.maxSilenceMs)
    server.close()
  })
})

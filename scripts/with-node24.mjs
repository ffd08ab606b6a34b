/**
 * Sets the machine up, then runs a program of this repository with the Node 24 of the npm packages, and
 * forwards signals to it.
 *
 * With `guard`, the program reports the process groups that it starts over IPC. If it dies without
 * cleaning up (kill -9, out of memory), they are killed here. `ffmpeg` and `browser` say what else the
 * program needs.
 */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { NODE_24, ROOT, setUp } from './setup.mjs'

export function runWithNode24(program, options = {}) {
  const { args = [], guard = false, ffmpeg = true, browser = false } = options
  setUp({ ffmpeg, browser })
  const child = spawn(NODE_24, [join(ROOT, program), ...args], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', ...(guard ? ['ipc'] : [])],
    env: {
      ...process.env,
      PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    },
  })

  const groups = new Set()
  child.on('message', ({ started, ended }) => {
    if (started) {
      groups.add(started)
    }
    if (ended) {
      groups.delete(ended)
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }

  // If npm is killed with SIGKILL, its children survive and would keep the port in use.
  const npm = process.ppid
  if (guard && process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid === npm || child.kill('SIGTERM'), 1_000)
  }

  child.on('exit', (code) => {
    for (const group of groups) {
      endGroup(group)
    }
    process.exit(code ?? 1)
  })
}

function endGroup(group) {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // The group has already exited.
  }
}

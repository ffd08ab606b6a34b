/**
 * Runs a program of this repository with Node 24, which the npm package `node` installs. Installs
 * what is missing first, and forwards signals to the program.
 */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { NODE_24, ROOT, installMissing } from './setup.mjs'

/**
 * @param {string} program path in the repository
 * @param {object} [options]
 * @param {string[]} [options.args] arguments of the program
 * @param {boolean} [options.ffmpeg] install ffmpeg if it is missing
 * @param {boolean} [options.browser] install Chromium if it is missing
 * @param {boolean} [options.killGroups] kill the process groups that the program leaves behind
 *   if it is killed (kill -9, out of memory). The program reports each group by IPC: `{ started }`,
 *   then `{ ended }`.
 */
export function runWithNode24(program, options = {}) {
  const { args = [], killGroups = false, ffmpeg = true, browser = false } = options
  installMissing({ ffmpeg, browser })
  const child = spawn(NODE_24, [join(ROOT, program), ...args], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', ...(killGroups ? ['ipc'] : [])],
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

  // If npm is killed with SIGKILL, this process gets another parent. The program is then stopped:
  // it would keep the port in use.
  const npmPid = process.ppid
  if (killGroups && process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid === npmPid || child.kill('SIGTERM'), 1_000)
  }

  child.on('exit', (code) => {
    for (const group of groups) {
      killGroup(group)
    }
    process.exit(code ?? 1)
  })
}

function killGroup(group) {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // The group has already exited.
  }
}

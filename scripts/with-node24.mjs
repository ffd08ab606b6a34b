/**
 * Runs a program of this repository with Node 24, which the npm package `node` installs. Installs
 * what is missing first, and forwards signals to the program.
 */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { NODE_24, ROOT, installMissing } from './setup.mjs'

const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'node')

/**
 * @param {string} program path in the repository
 * @param {object} [options]
 * @param {string[]} [options.args] arguments of the program
 * @param {boolean} [options.ffmpeg] install ffmpeg if it is missing
 * @param {boolean} [options.browser] install Chromium if it is missing
 */
export function runWithNode24(program, options = {}) {
  const { args = [], ffmpeg = false, browser = false } = options
  installMissing({ ffmpeg, browser })
  // Node 24 prints a warning for node:sqlite.
  const child = spawn(
    NODE_24,
    ['--disable-warning=ExperimentalWarning', join(ROOT, program), ...args],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...process.env,
        PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
        // The programs that it starts keep their compiled code there too, and start faster.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? COMPILE_CACHE,
      },
    },
  )

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }

  child.on('exit', (code) => process.exit(code ?? 1))
}

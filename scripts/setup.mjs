/**
 * Installs what a fresh machine lacks: the packages of the lock file (Node 24 among them), ffmpeg, and
 * Chromium for the browser tests. Prints nothing when there is nothing to do.
 *
 * Runs on the system's own Node (20 or later) before any package is installed, so it is plain
 * JavaScript and uses built-in modules only.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
export const NODE_24 = join(MODULES, 'node', 'bin', 'node')

/** @param {{ffmpeg?: boolean, browser?: boolean}} [needs] */
export function setUp({ ffmpeg = true, browser = false } = {}) {
  installPackages()
  if (ffmpeg) {
    installFfmpeg()
  }
  if (browser) {
    installChromium()
  }
}

function installPackages() {
  if (!packagesMatchLock()) {
    step('Installing the packages (npm ci)')
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      // npm deletes node_modules first, so it must not run on the Node that is installed in it.
      PATH: searchPath()
        .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
        .join(delimiter),
    })
  }
  if (!existsSync(NODE_24)) {
    fail(
      'npm ci ran, but Node 24 is missing: the install script of the package "node" did not run.\n' +
        'Allow install scripts and try again:\n\n  npm ci --ignore-scripts=false\n',
    )
  }
}

/** npm writes node_modules/.package-lock.json after it has installed everything. */
function packagesMatchLock() {
  const wanted = readLock(join(ROOT, 'package-lock.json'))
  const installed = readLock(join(MODULES, '.package-lock.json'))
  if (!wanted || !installed) {
    return false
  }
  return Object.entries(wanted).every(([path, { integrity, optional }]) => {
    if (path === '') {
      return true
    }
    const found = installed[path]
    return found ? found.integrity === integrity : optional === true
  })
}

/** @returns {Record<string, {integrity?: string, optional?: boolean}> | undefined} */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

const FFMPEG_INSTALLERS = [
  {
    tool: 'apt-get',
    commands: ['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends ffmpeg'],
    root: true,
  },
  { tool: 'apk', commands: ['apk add --no-cache ffmpeg'], root: true },
  { tool: 'dnf', commands: ['dnf install -y ffmpeg-free'], root: true },
  { tool: 'brew', commands: ['brew install ffmpeg'], root: false },
]

function installFfmpeg() {
  if (onPath('ffmpeg') && onPath('ffprobe')) {
    return
  }
  const installer = FFMPEG_INSTALLERS.find(({ tool }) => onPath(tool))
  if (!installer) {
    fail('ffmpeg and ffprobe are not on the PATH. Install ffmpeg, then try again.')
  }
  if (installer.root && process.getuid?.() !== 0) {
    const commands = installer.commands.map((command) => `sudo ${command}`).join(' && ')
    fail(`ffmpeg and ffprobe are not on the PATH. Install them, then try again:\n\n  ${commands}\n`)
  }
  for (const command of installer.commands) {
    step(`Installing ffmpeg (${command})`)
    const [program, ...args] = command.split(' ')
    run(program, args, { DEBIAN_FRONTEND: 'noninteractive' })
  }
  if (!onPath('ffmpeg') || !onPath('ffprobe')) {
    fail(
      `"${installer.commands.join(' && ')}" ran, but ffmpeg and ffprobe are still not on the PATH.`,
    )
  }
}

const CHROMIUM = '/usr/bin/chromium'
const CHROMIUM_COMMANDS = [
  'apt-get update -qq',
  'apt-get install -y -qq --no-install-recommends chromium',
]

/** Installs Debian's package only: Ubuntu's needs snap, and others cannot play H.264. */
function installChromium() {
  const named = process.env.CHROMIUM
  if (named) {
    if (!existsSync(named)) {
      fail(`CHROMIUM is ${named}, but that file does not exist.`)
    }
    return
  }
  if (existsSync(CHROMIUM)) {
    return
  }
  const commands = CHROMIUM_COMMANDS.map((command) => `sudo ${command}`).join(' && ')
  if (!isDebian()) {
    fail(
      'The browser tests need a Chromium or Chrome that plays H.264. Install one, then set CHROMIUM:\n\n' +
        '  CHROMIUM=/path/to/chrome npm test\n',
    )
  }
  if (process.getuid?.() !== 0) {
    fail(
      `The browser tests need Chromium. Install it, or set CHROMIUM to another browser, then try again:\n\n  ${commands}\n`,
    )
  }
  for (const command of CHROMIUM_COMMANDS) {
    step(`Installing Chromium for the browser tests (${command})`)
    const [program, ...args] = command.split(' ')
    run(program, args, { DEBIAN_FRONTEND: 'noninteractive' })
  }
  if (!existsSync(CHROMIUM)) {
    fail(`"${CHROMIUM_COMMANDS.join(' && ')}" ran, but ${CHROMIUM} does not exist.`)
  }
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8')) && onPath('apt-get')
  } catch {
    return false
  }
}

function onPath(program) {
  return searchPath().some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function searchPath() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
}

/** Runs a program, and shows its output only if it fails. */
function run(program, args, env) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) {
    return
  }
  const output = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-30).join('\n')
  fail(`${output}\n"${[program, ...args].join(' ')}" failed: ${error?.message ?? `exit ${status}`}`)
}

function step(text) {
  console.log(`${text} …`)
}

/** @returns {never} */
function fail(message) {
  console.error(message)
  process.exit(1)
}

/**
 * Installs what is missing: the npm packages, which include Node 24; ffmpeg; and Chromium for the
 * browser tests. Prints nothing if nothing is missing.
 *
 * Runs with the Node of the system (20 or later) before any package is installed. It is therefore
 * plain JavaScript, and uses only built-in modules.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
export const NODE_24 = join(MODULES, 'node', 'bin', 'node')

/**
 * @param {{ffmpeg?: boolean, browser?: boolean}} [wanted] what to install besides the npm packages
 */
export function installMissing({ ffmpeg = false, browser = false } = {}) {
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
    printStep('Installing the packages (npm ci)')
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      // npm deletes node_modules first, so it must not run with the Node in node_modules/.bin.
      PATH: searchPath()
        .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
        .join(delimiter),
    })
  }
  if (!existsSync(NODE_24)) {
    fail(
      'The packages are installed, but Node 24 is missing: the install script of the package "node" did not run.\n' +
        'Allow install scripts and try again:\n\n  npm ci --ignore-scripts=false\n',
    )
  }
}

/** Compares the lock file with node_modules/.package-lock.json, which npm writes last. */
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
    needsRoot: true,
  },
  { tool: 'apk', commands: ['apk add --no-cache ffmpeg'], needsRoot: true },
  { tool: 'dnf', commands: ['dnf install -y ffmpeg-free'], needsRoot: true },
  { tool: 'brew', commands: ['brew install ffmpeg'], needsRoot: false },
]

function installFfmpeg() {
  if (isOnPath('ffmpeg') && isOnPath('ffprobe')) {
    return
  }
  const installer = FFMPEG_INSTALLERS.find(({ tool }) => isOnPath(tool))
  if (!installer) {
    fail('ffmpeg or ffprobe is not on the PATH. Install ffmpeg, then try again.')
  }
  if (installer.needsRoot && process.getuid?.() !== 0) {
    const commands = installer.commands.map((command) => `sudo ${command}`).join(' && ')
    fail(`ffmpeg or ffprobe is not on the PATH. Install ffmpeg, then try again:\n\n  ${commands}\n`)
  }
  for (const command of installer.commands) {
    printStep(`Installing ffmpeg (${command})`)
    const [program, ...args] = command.split(' ')
    run(program, args, { DEBIAN_FRONTEND: 'noninteractive' })
  }
  if (!isOnPath('ffmpeg') || !isOnPath('ffprobe')) {
    fail(
      `"${installer.commands.join(' && ')}" ran, but ffmpeg or ffprobe is still not on the PATH.`,
    )
  }
}

const CHROMIUM = '/usr/bin/chromium'
const CHROMIUM_COMMANDS = [
  'apt-get update -qq',
  'apt-get install -y -qq --no-install-recommends chromium',
]

/**
 * Installs Chromium on Debian only. Ubuntu's package needs snap, and those of some other
 * distributions do not play H.264.
 */
function installChromium() {
  const configured = process.env.CHROMIUM
  if (configured) {
    if (!existsSync(configured)) {
      fail(`CHROMIUM is ${configured}, but that file does not exist.`)
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
    printStep(`Installing Chromium for the browser tests (${command})`)
    const [program, ...args] = command.split(' ')
    run(program, args, { DEBIAN_FRONTEND: 'noninteractive' })
  }
  if (!existsSync(CHROMIUM)) {
    fail(`"${CHROMIUM_COMMANDS.join(' && ')}" ran, but ${CHROMIUM} does not exist.`)
  }
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8')) && isOnPath('apt-get')
  } catch {
    return false
  }
}

function isOnPath(program) {
  return findProgram(program) !== undefined
}

/** Returns the file that runs when the program is started by its name. */
export function findProgram(program) {
  return searchPath()
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
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

function printStep(text) {
  console.log(`${text} …`)
}

/** @returns {never} */
function fail(message) {
  console.error(message)
  process.exit(1)
}

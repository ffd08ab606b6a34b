/**
 * Installs ffmpeg 7.1, the version of the runner's image, from the packages of Debian 13 (trixie)
 * into a cache folder, without Docker. The packages of the system stay as they are. The mirror is
 * the one of Debian that apt uses, or DEBIAN_MIRROR.
 *
 * In the folder, `root` has the programs, their loader and their libraries. `bin` has shell scripts
 * named `ffmpeg` and `ffprobe` that start the programs with that loader and those libraries.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { CACHE, PROGRAMS, createFolder, listByUse, writeScript } from './preload.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
/** The fonts are for subtitles that are burned in. */
const PACKAGES = ['ffmpeg', 'fonts-dejavu-core']

/** Installs ffmpeg 7.1 if it is missing. Returns the folder to put first on the PATH. */
export function installFfmpeg7() {
  const folder = join(CACHE, 'ffmpeg7')
  if (!existsSync(folder)) {
    console.log(`Installing ffmpeg 7.1 in ${folder} …`)
    createFolder(folder, (work) => install(work, folder))
  }
  return join(folder, 'bin')
}

/** Prepares in `work` what will be in `folder`. */
function install(work, folder) {
  const unpacked = join(work, 'unpacked')
  for (const file of download(work)) {
    run('dpkg-deb', ['--extract', file, unpacked])
  }
  const root = join(work, 'root')
  copyPrograms(unpacked, root)
  const list = ['--library-path', `${root}/lib`, `${root}/ffmpeg`, '-version']
  const preloaded = listByUse(join(root, 'loader'), list).map((library) => basename(library))
  mkdirSync(join(work, 'bin'))
  for (const program of PROGRAMS) {
    const command = startCommand(join(folder, 'root'), { program, preloaded })
    writeScript(join(work, 'bin'), program, command)
  }
  for (const temporary of ['unpacked', 'apt']) {
    rmSync(join(work, temporary), { recursive: true })
  }
}

/** Downloads the packages with all that they depend on, as if nothing were installed. */
function download(work) {
  const apt = join(work, 'apt')
  for (const path of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(apt, path), { recursive: true })
  }
  writeFileSync(join(apt, 'status'), '')
  writeFileSync(
    join(apt, 'sources.list'),
    `deb [signed-by=${KEYRING}] ${findMirror()} trixie main\n`,
  )
  writeFileSync(
    join(apt, 'apt.conf'),
    `Dir::State "${apt}/state";
Dir::State::status "${apt}/status";
Dir::Cache "${apt}/cache";
Dir::Etc::sourcelist "${apt}/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "";
Debug::NoLocking "true";
`,
  )
  const config = ['-c', join(apt, 'apt.conf'), '-qq']
  run('apt-get', [...config, 'update'])
  run('apt-get', [
    ...config,
    'install',
    '--yes',
    '--download-only',
    '--no-install-recommends',
    ...PACKAGES,
  ])
  const archives = join(apt, 'cache', 'archives')
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name))
}

/** Returns the mirror of Debian that apt uses on this machine. DEBIAN_MIRROR names another one. */
function findMirror() {
  const uris = run('apt-get', ['indextargets', '--format', '$(REPO_URI)']).split('\n')
  const mirror = process.env.DEBIAN_MIRROR ?? uris.find((uri) => /\/debian\/?$/.test(uri))
  if (mirror === undefined) {
    throw new Error(
      'ffmpeg 7.1 is installed from the packages of Debian 13, but apt uses no mirror of Debian here. Set DEBIAN_MIRROR to the URL of one.',
    )
  }
  return mirror
}

/** Copies the programs, the libraries that they are linked with, the loader and the fonts. */
function copyPrograms(unpacked, root) {
  const [libraries] = readdirSync(join(unpacked, 'usr/lib'))
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(unpacked, 'usr/lib', name))
  const folders = [libraries, ...['pulseaudio', 'blas', 'lapack'].map((at) => join(libraries, at))]
  const [loader] = readdirSync(libraries).filter((name) => name.startsWith('ld-linux'))
  const copy = (from, to) => cpSync(realpathSync(from), join(root, to), { recursive: true })
  copy(join(libraries, loader), 'loader')
  for (const program of PROGRAMS) {
    const path = join(unpacked, 'usr/bin', program)
    copy(path, program)
    const list = run(join(libraries, loader), ['--library-path', folders.join(':'), '--list', path])
    for (const [, name, file] of list.matchAll(/^\s*(\S+) => (\S+)/gm)) {
      copy(file, join('lib', name))
    }
  }
  copy(join(unpacked, 'etc/fonts'), 'etc/fonts')
  copy(join(unpacked, 'usr/share/fontconfig'), 'usr/share/fontconfig')
  copy(join(unpacked, 'usr/share/fonts'), 'usr/share/fonts')
}

/** The command that starts a program with its own loader, libraries and fonts. */
function startCommand(root, { program, preloaded }) {
  const libraries = `--library-path '${root}/lib' --preload '${preloaded.join(' ')}'`
  return `FONTCONFIG_SYSROOT='${root}' exec '${root}/loader' ${libraries} '${root}/${program}'`
}

/** Runs a program and returns its output. @throws Error with what it wrote if it fails */
function run(program, args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) {
    const reason = error?.message ?? (stderr.trim() || `exit ${status}`)
    throw new Error(
      `ffmpeg 7.1 cannot be installed: "${program}" failed: ${reason}\n` +
        'It is installed with apt-get and dpkg-deb from the packages of Debian 13.',
    )
  }
  return stdout
}

/**
 * `npm test`: installs what is missing, then runs every test suite, or those that `--project`
 * names.
 */
import { preloadFfmpeg } from './preload.mjs'
import { installMissing } from './setup.mjs'
import { runWithNode24 } from './with-node24.mjs'

/** Suites that start neither ffmpeg nor a browser, and therefore do not need ffmpeg installed. */
const SUITES_WITHOUT_FFMPEG = ['unit', 'worker']

const args = process.argv.slice(2)
const projects = readProjects(args)

const needsFfmpeg = projects.some((name) => !SUITES_WITHOUT_FFMPEG.includes(name))
if (needsFfmpeg) {
  installMissing({ ffmpeg: true })
  process.env.PATH = preloadFfmpeg()
}

runWithNode24('node_modules/vitest/vitest.mjs', {
  args: ['run', ...args],
  browser: projects.some((name) => name === 'browser' || name.includes('*')),
})

/**
 * Returns the projects that `--project name` or `--project=name` select; `*` if there is no such
 * option.
 */
function readProjects(list) {
  const named = list.flatMap((argument, index) => {
    if (argument === '--project') {
      return [list[index + 1] ?? '']
    }
    return argument.startsWith('--project=') ? [argument.slice('--project='.length)] : []
  })
  return named.length === 0 ? ['*'] : named
}

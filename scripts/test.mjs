/** `npm test`: sets up a fresh machine, then runs every test suite, or those named as arguments. */
import { runWithNode24 } from './with-node24.mjs'

/** Suites that start neither ffmpeg nor a browser, so that nothing has to be installed for them. */
const PURE = ['unit', 'worker']

const args = process.argv.slice(2)
const projects = projectsOf(args)

runWithNode24('node_modules/vitest/vitest.mjs', {
  args: ['run', ...args],
  ffmpeg: projects.some((name) => !PURE.includes(name)),
  browser: projects.some((name) => name === 'browser' || name.includes('*')),
})

/** The projects that `--project name` and `--project=name` select; without any, all of them run. */
function projectsOf(list) {
  const named = list.flatMap((each, at) => {
    if (each === '--project') {
      return [list[at + 1] ?? '']
    }
    return each.startsWith('--project=') ? [each.slice('--project='.length)] : []
  })
  return named.length === 0 ? ['*'] : named
}

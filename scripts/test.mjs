/** `npm test`: sets a fresh machine up, then runs every test suite, or those named as arguments. */
import { runWithNode24 } from './with-node24.mjs'

const args = process.argv.slice(2)

runWithNode24('node_modules/vitest/vitest.mjs', {
  args: ['run', ...args],
  browser: projectsOf(args).some((name) => name === 'browser' || name.includes('*')),
})

/** As `--project name` and `--project=name` say; without any, all of them run. */
function projectsOf(list) {
  const named = list.flatMap((each, at) => {
    if (each === '--project') return [list[at + 1] ?? '']
    return each.startsWith('--project=') ? [each.slice('--project='.length)] : []
  })
  return named.length === 0 ? ['*'] : named
}

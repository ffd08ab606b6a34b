/** `npm test`: sets a fresh machine up, then runs every test suite, or those named as arguments. */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('node_modules/vitest/vitest.mjs', {
  args: ['run', ...process.argv.slice(2)],
})

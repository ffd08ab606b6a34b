/** `npm run deploy`: sets up a fresh machine, then runs deploy.ts. */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('scripts/deploy.ts', { args: process.argv.slice(2) })

/** `npm run deploy`: installs what is missing, then runs deploy.ts. */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('scripts/deploy.ts', { args: process.argv.slice(2) })

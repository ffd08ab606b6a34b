/** `npm run deploy`: sets a fresh machine up, then deploys. What that does is in deploy.ts. */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('scripts/deploy.ts', { args: process.argv.slice(2) })

/**
 * `npm start`: installs what is missing, then runs start.ts. `npm run dev` passes `--dev`: the
 * Worker and the runners restart when their code changes, and their log lines are printed.
 */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('scripts/start.ts', { args: process.argv.slice(2), stopWithParent: true })

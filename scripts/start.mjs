/**
 * `npm start`: installs what is missing, then runs start.ts. `npm run dev` passes `--dev`: runners
 * restart when their code changes, and every log line is printed.
 */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('scripts/start.ts', { args: process.argv.slice(2), killGroups: true })

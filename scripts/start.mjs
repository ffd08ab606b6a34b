/** `npm start`: sets a fresh machine up, then runs the whole system. The system is start.ts. */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('scripts/start.ts', { guard: true })

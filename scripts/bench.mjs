/** `npm run bench`: installs what is missing, then runs the benchmarks. */
import { runWithNode24 } from './with-node24.mjs'

runWithNode24('test/bench/main.ts', { args: process.argv.slice(2), ffmpeg: true })

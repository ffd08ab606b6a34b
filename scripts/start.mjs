/**
 * `npm start`: installs what is missing, then runs start.ts. `npm run dev` passes `--dev`: the
 * Worker and the runners restart when their code changes, and their log lines are printed. Only
 * runners need ffmpeg.
 */
import { runWithNode24 } from './with-node24.mjs'

const { RUNNERS } = process.env

runWithNode24('scripts/start.ts', {
  args: process.argv.slice(2),
  stopWithParent: true,
  ffmpeg: !RUNNERS || Number(RUNNERS) !== 0,
})

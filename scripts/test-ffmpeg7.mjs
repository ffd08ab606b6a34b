/**
 * `npm run test:ffmpeg7`: runs the tests that depend on the version of ffmpeg with ffmpeg 7.1, the
 * version of the runner's image: the runner tests, and one test file of the whole service. Tests of
 * processes, progress and requests to the gateway are left out, because no version of ffmpeg
 * changes them. The frames of chunks are left out to save time: the same filters are in other tests,
 * and `chunkJoins` encodes and joins chunks.
 */
import { delimiter } from 'node:path'
import { installFfmpeg7 } from './ffmpeg7.mjs'
import { runWithNode24 } from './with-node24.mjs'

process.env.PATH = [installFfmpeg7(), process.env.PATH].join(delimiter)
const projects = ['--project', 'runner', '--project', 'e2e']
const files = ['test/runner', 'test/system/e2e/variants']
const excluded = [
  'abort',
  'chunks',
  'passes',
  'process',
  'protocol',
  'source',
  'streamPublishing',
  'transfers',
  'upload',
]
const exclusions = excluded.map((name) => `--exclude=**/${name}.test.ts`)
const selected = process.argv.slice(2)
runWithNode24('node_modules/vitest/vitest.mjs', {
  args: ['run', ...projects, ...(selected.length > 0 ? selected : [...exclusions, ...files])],
  ffmpeg: true,
})

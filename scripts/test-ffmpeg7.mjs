/**
 * `npm run test:ffmpeg7`: runs the tests that depend on the version of ffmpeg with ffmpeg 7.1, the
 * version of the runner's image: the runner tests, except those that no version changes, and one test
 * file of the whole service.
 */
import { delimiter } from 'node:path'
import { installFfmpeg7 } from './ffmpeg7.mjs'
import { INSTALLED_VERSION } from './ffmpegVersions.mjs'
import { runWithNode24 } from './with-node24.mjs'

process.env.PATH = [installFfmpeg7(), process.env.PATH].join(delimiter)
const projects = ['--project', 'runner', '--project', 'e2e']
const files = ['test/runner', 'test/system/e2e/variants']
const exclusions = INSTALLED_VERSION.map((name) => `--exclude=**/${name}.test.ts`)
const selected = process.argv.slice(2)
runWithNode24('node_modules/vitest/vitest.mjs', {
  args: ['run', ...projects, ...(selected.length > 0 ? selected : [...exclusions, ...files])],
  ffmpeg: true,
})

/**
 * `npm run test:installed-ffmpeg`: runs the runner tests that CI makes with the installed ffmpeg, which
 * is 5.1 on Debian 12.
 */
import { BOTH_VERSIONS, INSTALLED_VERSION } from './ffmpegVersions.mjs'

const files = [...INSTALLED_VERSION, ...BOTH_VERSIONS]
process.argv.splice(2, 0, '--project=runner', ...files.map((name) => `test/runner/${name}.test.ts`))
await import('./test.mjs')

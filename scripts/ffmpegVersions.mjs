/**
 * Which test files of `test/runner` CI runs with which version of ffmpeg. Those that are in neither list
 * run with 7.1 only, the version of the runner's image. `npm test` runs all of them with the installed
 * version.
 */

/** They test processes, limits, transfers and requests to the gateway, which no version of ffmpeg changes. */
export const INSTALLED_VERSION = [
  'abort',
  'chunkOverlap',
  'chunks',
  'hostile-limits',
  'passes',
  'process',
  'protocol',
  'smallJobs',
  'source',
  'streamPublishing',
  'transfers',
  'upload',
]
/** Together they use every key, codec and container, and so most options and filters of ffmpeg. */
export const BOTH_VERSIONS = ['codecs', 'documentedKeys', 'encode', 'stream']

/**
 * Test files of `test/runner`, by the version of ffmpeg with which CI runs them. A file in neither list
 * runs with 7.1, the version of the runner's image. `npm test` runs all files with the installed version.
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
export const BOTH_VERSIONS = ['codecs', 'documentedKeys', 'encode', 'stream', 'streamChunks']

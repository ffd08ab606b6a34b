/** Types of `ffmpegVersions.mjs`. */
export const INSTALLED_VERSION: string[]
export const BOTH_VERSIONS: string[]

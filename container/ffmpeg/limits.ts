/**
 * What ffmpeg and ffprobe may do with a file that a stranger sent. Hostile media is normal input: a
 * playlist, a concat script or an image pattern can name local files and internal addresses, so
 * only self-contained media formats are opened, and nothing but the one address that they get.
 */

/**
 * Demuxers by name. A demuxer with several names ("mov,mp4,m4a,…") matches when any one of them is
 * listed; checked with ffmpeg 5.1. Audio formats are here so that a sound file is refused with words
 * about sound.
 */
const DEMUXERS = [
  ...['mov', 'matroska', 'webm', 'avi', 'mpegts', 'mpeg', 'flv', 'asf', 'ogg', 'mxf', 'dv', 'ivf'],
  ...['wav', 'mp3', 'aac', 'flac'],
]

/** 8192 × 8192: above 8K UHD, below what a header can claim to exhaust memory. */
export const MOST_PIXELS = 8192 * 8192
const MOST_STREAMS = 64

/** Options that go before the input's address, for ffmpeg and ffprobe alike. */
export const INPUT_LIMITS: readonly string[] = [
  ...['-protocol_whitelist', 'http,tcp'],
  ...['-format_whitelist', DEMUXERS.join(',')],
  ...['-max_streams', String(MOST_STREAMS)],
]

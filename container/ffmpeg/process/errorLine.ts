/**
 * Finds the line of stderr that states why ffmpeg failed. ffmpeg prints the cause first, and then
 * its consequences.
 */

const MAX_CHARACTERS = 200

/** Lines that state a consequence, or the progress, instead of the cause. */
const CONSEQUENCES = [
  /^Conversion failed!/,
  /^(?:frame|size|video|bench)=|^video:|Lsize=/,
  /^(?:Press \[q\]|Stream mapping|Input #|Output #|\[q\] command)/,
  /Task finished with error code|Terminating thread with return code/,
  /Nothing was written into output|Output file is empty|nothing was encoded/i,
  /Error (?:re)?initializing filters|Failed to (?:configure|inject frame)|Could not open encoder before/,
  /Error while (?:filtering|processing the decoded data)|Error sending frames to consumers/,
  /Error initializing output stream|Error (?:submitting|muxing) a packet|Error marking filters/,
  /maybe incorrect parameters such as|Exiting with exit code/,
]

/**
 * @returns the last line that states a cause, without the names of ffmpeg's parts, without URLs and
 *   folders, and cut to 200 characters; null when no line states a cause
 */
export function findCause(stderr: string): string | null {
  const lines = stderr
    .split(/[\r\n]+/)
    // The description of a file, which contains its tags, is indented.
    .filter((line) => /^\S/.test(line))
    .map(simplify)
    .filter((line) => line !== '')
  return lines.findLast((line) => !CONSEQUENCES.some((pattern) => pattern.test(line))) ?? null
}

function simplify(line: string): string {
  return line
    .replace(/^(?:\[[^\]]*@ 0x[0-9a-f]+\]\s*)+/, '')
    .replaceAll(/\b[a-z]+:\/\/[^\s'"]+/gi, 'the file')
    .replaceAll(/(?:file:)?(?:\/[^\s/:'"]+)+\/([^\s/:'"]+)/g, '$1')
    .trim()
    .slice(0, MAX_CHARACTERS)
}

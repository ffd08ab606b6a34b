/** Writes command line options of ffmpeg and ffprobe from a record. */

type OptionValue = string | number | boolean | null | undefined

/**
 * Builds the arguments for `options`, in the order of its keys, which are names without the dash.
 *
 * A string or number follows its option. `true` gives the option alone. An array repeats the
 * option for each of its items. `null`, `undefined` and `false` leave the option out.
 *
 * @example
 * ffmpegOptions({ 'c:v': 'libx264', crf: 23, an: true, ss: null, map: ['0:v:0', '0:a:0'] })
 * // ['-c:v', 'libx264', '-crf', '23', '-an', '-map', '0:v:0', '-map', '0:a:0']
 */
export function ffmpegOptions(
  options: Readonly<Record<string, OptionValue | readonly OptionValue[]>>,
): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => formatOption(name, each)),
  )
}

function formatOption(name: string, value: OptionValue): string[] {
  if (value === null || value === undefined || value === false) {
    return []
  }
  return value === true ? [`-${name}`] : [`-${name}`, String(value)]
}

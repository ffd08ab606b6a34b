/** Colour tags of a video stream. Those that ffmpeg cannot use are treated as absent. */
import { type FfprobeOptions } from '../process/ffprobe.ts'
import { probeLimits } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { runProcess } from '../process/process.ts'
import { type FfprobeStream, readKnown } from './ffprobeOutput.ts'

/**
 * Colour properties that the file declares, by ffprobe's names; null for those that it does not
 * declare, and for those that are treated as absent.
 */
export interface Colour {
  matrix: string | null
  primaries: string | null
  transfer: string | null
  /** `tv` (limited) or `pc` (full). */
  range: string | null
  /** True when the file declares a matrix or primaries that are treated as absent. */
  hasInvalidTag: boolean
}

const MATRICES = 'bt709 fcc bt470bg smpte170m smpte240m bt2020nc bt2020c'.split(' ')
const PRIMARIES =
  'bt709 bt470m bt470bg smpte170m smpte240m film bt2020 smpte428 smpte431 smpte432'.split(' ')

export function readColour(each: FfprobeStream): Colour {
  const isRgb = /rgb|bgr|gbr|pal8|mono|gray/.test(each.pix_fmt ?? '')
  const accept = (tag: string | undefined, accepted: readonly string[]) => {
    const known = readKnown(tag)
    return known !== null && accepted.includes(known) ? known : null
  }
  const matrix = isRgb ? readKnown(each.color_space) : accept(each.color_space, MATRICES)
  const primaries = accept(each.color_primaries, PRIMARIES)
  const declared = [each.color_space, each.color_primaries].map(isDeclared)
  return {
    matrix,
    primaries,
    transfer: readKnown(each.color_transfer),
    range: readKnown(each.color_range),
    hasInvalidTag:
      (declared[0] === true && matrix === null) || (declared[1] === true && primaries === null),
  }
}

/** `reserved` is declared, although it has no meaning. */
function isDeclared(tag: string | undefined): boolean {
  return tag === 'reserved' || readKnown(tag) !== null
}

/** Bitstream filters that remove the colour matrix, by codec. */
const REMOVE_MATRIX: Record<string, string> = {
  h264: 'h264_metadata=matrix_coefficients=2',
  hevc: 'hevc_metadata=matrix_coefficients=2',
  av1: 'av1_metadata=matrix_coefficients=2',
  vp9: 'vp9_metadata=color_space=unknown',
  mpeg2video: 'mpeg2_metadata=matrix_coefficients=2',
}

/**
 * Returns input options for a stream with a reserved matrix, which the filter graph of ffmpeg 7.1
 * and later rejects. Earlier versions accept it, and have no bitstream filters for inputs.
 */
export async function repairMatrix(
  { color_space, codec_name, index }: FfprobeStream,
  options: FfprobeOptions,
): Promise<string[]> {
  const filter = REMOVE_MATRIX[codec_name ?? '']
  if (color_space !== 'reserved' || filter === undefined || !(await hasInputFilters(options))) {
    return []
  }
  return ffmpegOptions({ [`bsf:${index ?? 0}`]: filter })
}

const FIRST_VERSION_WITH_INPUT_FILTERS = [7, 1] as const

/**
 * Returns true for the versions of ffmpeg that have bitstream filters for inputs. A version without
 * a number, such as one that is built from a commit, counts as new.
 */
async function hasInputFilters({ ffprobe, limits, cwd, signal }: FfprobeOptions): Promise<boolean> {
  let output = ''
  const onStdout = (text: string) => (output += text)
  const run = { file: ffprobe, arguments: ['-version'], limits: probeLimits(limits), cwd, signal }
  await runProcess({ ...run, onStdout })
  const [, major, minor] = /^ffprobe version n?(\d+)\.(\d+)/.exec(output) ?? []
  const [firstMajor, firstMinor] = FIRST_VERSION_WITH_INPUT_FILTERS
  return (
    major === undefined ||
    Number(major) > firstMajor ||
    (Number(major) === firstMajor && Number(minor) >= firstMinor)
  )
}

/**
 * Returns the problem of a Dolby Vision stream whose base layer is not compatible with other
 * formats; null for other streams.
 */
export function findDolbyProblem({ side_data_list }: FfprobeStream): string | null {
  const dolby = side_data_list.find((data) => data['dv_profile'] !== undefined)
  return Number(dolby?.['dv_bl_signal_compatibility_id'] ?? 1) === 0
    ? `is Dolby Vision of profile ${Number(dolby?.['dv_profile'])}, whose colours cannot be converted`
    : null
}

/** Colour tags of a video stream. Those that ffmpeg cannot use are treated as absent. */
import { ffmpegOptions } from '../process/options.ts'
import { type FfprobeStream, readHdr, readKnown } from './ffprobeOutput.ts'

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

/**
 * Matrices that only the filter `zscale` converts. Frames for other filters must not declare them.
 */
export const ZSCALE_MATRICES = 'bt2020c ycgco ictcp chroma-derived-nc chroma-derived-c'.split(' ')
const SWSCALE_MATRICES = 'bt709 fcc bt470bg smpte170m smpte240m bt2020nc'.split(' ')
const MATRICES = [...SWSCALE_MATRICES, ...ZSCALE_MATRICES]
const PRIMARIES =
  'bt709 bt470m bt470bg smpte170m smpte240m film bt2020 smpte428 smpte431 smpte432'.split(' ')

export function readColour(each: FfprobeStream): Colour {
  const accept = (tag: string | undefined, accepted: readonly string[]) => {
    const known = readKnown(tag)
    return known !== null && accepted.includes(known) ? known : null
  }
  const matrix = isRgb(each)
    ? readKnown(each.color_space)
    : accept(each.color_space, listMatrices(each))
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

function isRgb({ pix_fmt }: FfprobeStream): boolean {
  return /rgb|bgr|gbr|pal8|mono|gray/.test(pix_fmt ?? '')
}

/** ICtCp is defined for HDR only. */
function listMatrices(each: FfprobeStream): readonly string[] {
  return readHdr(each) === null ? MATRICES.filter((matrix) => matrix !== 'ictcp') : MATRICES
}

/** Returns a note for a matrix that is known, but that no filter converts; null for others. */
export function findColourNote(each: FfprobeStream): string | null {
  const declared = readKnown(each.color_space)
  const isConverted = declared === null || declared === 'gbr' || readColour(each).matrix !== null
  return isConverted
    ? null
    : `The colours are approximate, because the colour matrix ${declared} cannot be converted.`
}

/** `reserved` is declared, although it has no meaning. */
function isDeclared(tag: string | undefined): boolean {
  return tag === 'reserved' || readKnown(tag) !== null
}

/** The number of an unspecified matrix in ITU-T H.273. */
const UNSPECIFIED = 2
/** Bitstream filters that remove the colour matrix, by codec. */
const REMOVE_MATRIX: Record<string, string> = {
  h264: 'h264_metadata=matrix_coefficients=2',
  hevc: 'hevc_metadata=matrix_coefficients=2',
  av1: 'av1_metadata=matrix_coefficients=2',
  vp9: 'vp9_metadata=color_space=unknown',
  mpeg2video: 'mpeg2_metadata=matrix_coefficients=2',
  prores: 'prores_metadata=matrix_coefficients=unknown',
}

/**
 * Returns input options that remove a matrix which the filter graph of ffmpeg 7.1 and later
 * rejects. `colorspace` replaces the one that the container declares, and a bitstream filter the
 * one in the video data. Earlier versions accept every matrix, and have no bitstream filters for
 * inputs.
 *
 * @param ffmpegVersion as ffprobe prints it, such as `5.1.9-0+deb12u1`
 */
export function removeMatrix(stream: FfprobeStream, ffmpegVersion: string): string[] {
  const { codec_name, color_space, pix_fmt } = stream
  const index = stream.index ?? 0
  const accepted = isRgb(stream) ? ['gbr'] : SWSCALE_MATRICES
  if (pix_fmt === undefined || accepted.includes(color_space ?? '')) {
    return []
  }
  const filter = REMOVE_MATRIX[codec_name ?? '']
  const isFiltered =
    filter !== undefined && isDeclared(color_space) && hasInputFilters(ffmpegVersion)
  return ffmpegOptions({
    [`colorspace:${index}`]: UNSPECIFIED,
    [`bsf:${index}`]: isFiltered ? filter : null,
  })
}

const FIRST_VERSION_WITH_INPUT_FILTERS = [7, 1] as const

/**
 * Returns true for the versions of ffmpeg that have bitstream filters for inputs. A version without
 * a number, such as one that is built from a commit, counts as new.
 */
function hasInputFilters(version: string): boolean {
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? []
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

/**
 * Builds the filter graph: runs the steps of the pipeline in their order and connects the results.
 */
import type { EditedOutput, FileVideo, LabelledChains, Trim } from './editedOutput.ts'
import type { Edits } from './edits.ts'
import * as pipeline from './pipeline.ts'
import { hasAudioMarker, startAtZero } from './steps/audioStart.ts'
import { generateSilence } from './steps/audioLayout.ts'
import { listUsedFiles, type UsedFile } from './joinedFiles.ts'
import { fitIntoFrame } from './steps/concat.ts'
import { frameRateFilter } from './steps/frameRate.ts'
import { fillAudio, fillFrames, moveToOutput, skipFrames } from './steps/plannedFrames.ts'
import { type FrameTimes, selectFrameTimes } from './steps/trim.ts'

/** The tracks that a command takes from the graph. */
export interface SelectedTracks {
  video: boolean
  audio: boolean
  /** Filters that either measure the loudness or correct it, depending on the command. */
  loudness?: readonly string[]
  /** Replaces the trim of the first file. */
  trim?: Trim
}

/** The filters of one command. */
export interface FilterComplex {
  /**
   * Values of `-filter_complex`, one for each graph. Video and audio have graphs of their own
   * unless files are joined: ffmpeg builds a graph anew when the audio changes in mid-stream. Empty
   * when no track is filtered.
   */
  filters: string[]
  /** Labels to map, in brackets; null for a track that is not filtered. */
  video: string | null
  audio: string | null
}

/** The graph of a plan. Each command selects the tracks that it needs from it. */
export interface FilterGraph {
  select: (tracks: SelectedTracks) => FilterComplex
}

/** Labels of the tracks of the joined files, or of the only file. */
const JOINED = { video: '[video]', audio: '[audio]' }

export function buildFilterGraph(output: EditedOutput): FilterGraph {
  const used = listUsedFiles(output)
  const [first, ...later] = used
  const isJoined = used.length > 1
  const buildFileChains = (trim = first.trim) => {
    const files: typeof used = [{ ...first, trim }, ...later]
    const times = selectFrameTimes(files, output)
    return files.map((each, index) => {
      const file = { ...each, index, isJoined, times }
      return {
        video: buildFileVideoChain(output, file, isJoined ? `[v${index}]` : JOINED.video),
        audio: buildFileAudioChain(output, file, isJoined ? `[a${index}]` : JOINED.audio),
      }
    })
  }
  const joinedVideo = applyVideoSteps(output)

  return {
    select({ video: selectsVideo, audio: selectsAudio, loudness = [], trim }) {
      const files = buildFileChains(trim)
      const hasVideo = selectsVideo && output.size !== null
      const hasAudio = selectsAudio && output.hasAudio
      if (!hasVideo && !hasAudio) {
        return { filters: [], video: null, audio: null }
      }
      const video = hasVideo ? joinedVideo : null
      const audio = hasAudio ? applyAudioSteps(output, loudness) : null
      const labels = (letter: string) => files.map((_, index) => `[${letter}${index}]`)
      const joined = { video: video && labels('v'), audio: audio && labels('a') }
      const videoChains = video && [...files.map((file) => file.video), ...video.chains]
      const audioChains = audio && [...files.map((file) => file.audio), ...audio.chains]
      const graphs = isJoined
        ? [
            [
              ...files.flatMap((file) => [video && file.video, audio && file.audio]),
              ...pipeline.joinFiles(output, first.frames, joined, JOINED),
              ...(video?.chains ?? []),
              ...(audio?.chains ?? []),
            ],
          ]
        : [videoChains, audioChains]
      return {
        filters: graphs
          .filter((chains) => chains !== null)
          .map((chains) => chains.filter((chain) => chain !== null).join(';')),
        video: video?.to ?? null,
        audio: audio?.to ?? null,
      }
    },
  }
}

interface InputOfGraph extends UsedFile {
  /** Number of the input. */
  index: number
  /** True if the command joins it with others. */
  isJoined: boolean
  times: FrameTimes
}

/** An appended file is resized to fit into the frame of the first. */
function buildFileVideoChain(output: EditedOutput, input: InputOfGraph, to: string): string | null {
  const { index, place, isJoined, file, trim, times, video } = input
  const { edits, frame, geometry, range, frameRate } = output
  if (video === null || frame === null || geometry === null) {
    return null
  }
  const isFirst = place === 0
  const filters = pipeline.applyFileVideoSteps({
    name: `v${index}`,
    video,
    edits: isFirst ? edits : selectAppendedEdits(edits),
    frameRateFilters: buildFrameRateFilters(output, input),
    range: isJoined ? null : range && { ...range, frameRate },
    geometry: isFirst ? geometry : fitIntoFrame(video, geometry.output, frame.unit),
    pixels: frame.pixels,
  })
  const first = [
    ...(index === 0 ? pipeline.reportFirstTime(range) : []),
    ...pipeline.removeDecodeDelay(video),
    ...pipeline.orderTimeFilters(video, {
      trim: pipeline.trimTracks.video(file, trim, times),
      boundTimes: pipeline.boundTimes.video(video, trim, pipeline.describeUnexamined(file)),
    }),
  ]
  return `[${index}:${video.index}]${first.map((filter) => `${filter},`).join('')}${filters}${to}`
}

/** Without planned frames, the frame rate of joined files is made constant after they are joined. */
function buildFrameRateFilters(
  { files, edits: { speed }, constantFrameRate: rate, range }: EditedOutput,
  file: InputOfGraph,
): string[] {
  if (rate === null) {
    return []
  }
  if (file.frames === null) {
    return files.length === 1 ? [frameRateFilter(rate)] : []
  }
  const isReadFromStart = file.index > 0 || range === null || range.readFromSeconds === 0
  const filled = fillFrames(file, { rate, speed, isReadFromStart })
  return file.isJoined
    ? [...filled, ...skipFrames(file)]
    : [...filled, ...moveToOutput(file.frames.first, rate)]
}

/** Returns the edits of an appended file. Only the first file is rotated and flipped. */
function selectAppendedEdits({ speed, background }: Edits): FileVideo['edits'] {
  return { speed, background, rotate: 0, flip: 'none' }
}

/** Returns the audio filters of a file; generated silence for a file without audio. */
function buildFileAudioChain(output: EditedOutput, input: InputOfGraph, to: string): string {
  const { index, file, trim, times, audio, seconds } = input
  const { edits, files, constantFrameRate: rate } = output
  const { speed } = edits
  const filled = rate === null ? [] : fillAudio(input, { rate, speed })
  if (audio === null) {
    const silence = generateSilence(seconds === null ? null : seconds / speed)
    return `${[...silence, ...filled].join(',')}${to}`
  }
  const edited = { audio, speed, isJoined: files.length > 1 }
  const steps = pipeline.FILE_AUDIO_STEPS.flatMap((step) => step(edited))
  const filters = [...steps, ...filled]
  const first = [
    ...pipeline.orderTimeFilters(audio, {
      trim: pipeline.trimTracks.audio(file, trim, times),
      boundTimes: pipeline.boundTimes.audio(audio, trim, pipeline.describeUnexamined(file)),
    }),
    ...pipeline.foldFileAudio(audio),
  ]
  const from = `[${index}:${audio.index}]${first.map((filter) => `${filter},`).join('')}`
  return hasAudioMarker(output)
    ? `${startAtZero(output, from, '[started]')};[started]${filters.join(',')}${to}`
    : `${from}${filters.join(',')}${to}`
}

function applyVideoSteps(output: EditedOutput): LabelledChains {
  return pipeline.VIDEO_STEPS.reduce<LabelledChains>(
    ({ chains, to }, step) => {
      const next = step(output, to)
      return next === null ? { chains, to } : { chains: [...chains, ...next.chains], to: next.to }
    },
    { chains: [], to: JOINED.video },
  )
}

function applyAudioSteps(output: EditedOutput, loudness: readonly string[]): LabelledChains {
  const filters = pipeline.AUDIO_STEPS.flatMap((step) => step(output, loudness))
  return filters.length === 0
    ? { chains: [], to: JOINED.audio }
    : { chains: [`${JOINED.audio}${filters.join(',')}[a]`], to: '[a]' }
}

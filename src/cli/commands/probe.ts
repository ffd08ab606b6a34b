/** `reelqueue probe`: what is in a stored file. */
import type { Command } from 'commander'
import type { Probe } from '../../client/index.ts'
import { action } from '../context.ts'
import { examples } from '../parsers.ts'
import { formatBytes, formatNumber, formatSeconds, NONE } from '../terminal/format.ts'
import type { Colors } from '../terminal/output.ts'
import { renderFields, renderTable } from '../terminal/table.ts'

type Track = Probe['streams'][number]

export function addProbe(program: Command): void {
  program
    .command('probe')
    .argument('<path>', 'path of a stored file')
    .description('Show the tracks and tags of a stored file')
    .option('--queue <name>', 'queue of the job that reads the file')
    .addHelpText('after', examples('probe videos/clip.mp4', 'probe videos/clip.mp4 --json'))
    .action(
      action(async (context, path: string, { queue }: { queue?: string }) => {
        const { client, output, signal } = context
        const probe = await client.probe(path, { ...(queue !== undefined && { queue }), signal })
        output.show(probe, () => renderProbe(probe, path, output.colors))
      }),
    )
}

function renderProbe(probe: Probe, path: string, colors: Colors): string {
  const { format, durationSeconds, sizeBytes, bitRate, tags, streams, remux } = probe
  const copies = Object.entries(remux).filter(([, obstacle]) => obstacle === null)
  const fields = renderFields(
    [
      ['File', path],
      ['Format', format],
      ['Duration', durationSeconds === null ? NONE : formatSeconds(durationSeconds)],
      ['Size', formatBytes(sizeBytes)],
      ['Bit rate', formatBitRate(bitRate)],
      ['Without encoding', copies.map(([container]) => container).join(', ') || NONE],
      ...Object.entries(tags).map(([name, value]): [string, string] => [`Tag ${name}`, value]),
    ],
    colors.dim,
  )
  const table = renderTable(
    streams,
    [
      { title: 'Track', value: ({ index }) => String(index) },
      { title: 'Type', value: ({ type }) => type },
      { title: 'Codec', value: ({ codec }) => codec ?? NONE },
      { title: 'Properties', value: describeTrack },
      { title: 'Bit rate', value: (track) => formatBitRate(track.bitRate) },
      { title: 'Language', value: ({ language }) => language ?? NONE },
    ],
    colors.bold,
  )
  return `${fields}\n\n${table}`
}

function describeTrack(track: Track): string {
  if (track.type === 'video') {
    const { displayWidth, displayHeight, frameRate, pixelFormat, interlaced, color } = track
    return [
      displayWidth && displayHeight ? `${displayWidth} × ${displayHeight}` : null,
      frameRate === null ? null : `${formatNumber(frameRate)} fps`,
      pixelFormat,
      color.hdr && `HDR (${color.hdr})`,
      interlaced && 'interlaced',
    ]
      .filter(Boolean)
      .join(', ')
  }
  if (track.type === 'audio') {
    const { channelLayout, channels, sampleRate } = track
    return [channelLayout ?? (channels && `${channels} channels`), sampleRate && `${sampleRate} Hz`]
      .filter(Boolean)
      .join(', ')
  }
  return NONE
}

function formatBitRate(bitRate: number | null): string {
  return bitRate === null ? NONE : `${formatNumber(bitRate / 1_000)} kbit/s`
}

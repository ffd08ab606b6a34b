/** What ffprobe found in the original and in the result, side by side. */
import type { Job } from '../../client/index.ts'
import { formatBytes, formatNumber, formatSeconds } from '../format.ts'

export function MediaFacts({ job: { input, output } }: { job: Job }) {
  if (!input && !output) {
    return null
  }
  const rows: [string, (facts: NonNullable<Job['input']>) => string][] = [
    ['Container', ({ format }) => format],
    ['Duration', (f) => (f.durationSeconds === null ? '–' : formatSeconds(f.durationSeconds))],
    ['Size', ({ sizeBytes }) => formatBytes(sizeBytes)],
    ['Video', ({ videoCodec }) => videoCodec ?? '–'],
    ['Frame', ({ width, height }) => (width === null ? '–' : `${width} × ${height}`)],
    ['Frames per second', (f) => (f.frameRate === null ? '–' : formatNumber(f.frameRate))],
    ['Audio', ({ audioCodec }) => audioCodec ?? '–'],
  ]
  return (
    <table>
      <caption>Media</caption>
      <thead>
        <tr>
          <th scope="col">Property</th>
          <th scope="col">Original</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, show]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{input ? show(input) : '–'}</td>
            <td>{output ? show(output) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

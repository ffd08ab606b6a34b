/** A chart of the jobs that ended in each hour. uPlot is loaded only for it. */
import { useEffect, useRef } from 'preact/hooks'
import { useColourChanges } from '../theme.ts'
import type { HistoryEntry } from './history.ts'

const HEIGHT_PX = 240

/** Returns a colour of the style sheet for the present scheme, in a form that a canvas knows. */
function readColour(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.color = ''
  return color
}

export function ThroughputChart({ entries }: { entries: readonly HistoryEntry[] }) {
  const place = useRef<HTMLDivElement>(null)
  const colours = useColourChanges()
  useEffect(() => {
    let remove = () => {}
    let isRemoved = false
    void import('uplot').then(({ default: UPlot }) => {
      const element = place.current
      if (isRemoved || element === null) {
        return
      }
      const colour = (name: string) => readColour(element, name)
      const bars = UPlot.paths.bars!({ size: [0.8] })
      const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line') } }
      const chart = new UPlot(
        {
          width: element.clientWidth,
          height: HEIGHT_PX,
          axes: [axis, { ...axis, size: 60 }],
          scales: { y: { range: (_, __, max) => [0, Math.max(1, max)] } },
          series: [
            {},
            // Drawn first, because the failed jobs are a part of all.
            { label: 'ended', paths: bars, fill: colour('--accent') },
            { label: 'of them failed', paths: bars, fill: colour('--bad') },
          ],
        },
        [
          entries.map(({ from }) => Date.parse(from) / 1_000),
          entries.map(({ completed, failed }) => completed + failed),
          entries.map(({ failed }) => failed),
        ],
        element,
      )
      const resize = new ResizeObserver(() =>
        chart.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
      )
      resize.observe(element)
      remove = () => {
        resize.disconnect()
        chart.destroy()
      }
    })
    return () => {
      isRemoved = true
      remove()
    }
  }, [entries, colours])
  return <div ref={place} class="chart" role="img" aria-label="Jobs that ended in each hour" />
}

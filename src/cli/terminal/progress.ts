/**
 * Progress of uploads and jobs on stderr: bars that are redrawn in place on a terminal; elsewhere a
 * line when the stage changes, and for each further ten percent.
 */
import { createLogUpdate } from 'log-update'
import { clean, type Output } from './output.ts'

const BAR_WIDTH = 24
const LINE_PERCENT = 10

export interface ProgressLine {
  label: string
  percent: number
  /** The stage or the status. A change of it is always shown. */
  stage: string
  /** Further figures, such as the speed. */
  details?: string
  outcome?: 'ok' | 'failed'
}

export type Progress = ReturnType<typeof createProgress>

export function createProgress(output: Output) {
  const lines = new Map<string, ProgressLine>()
  const redraw = output.canRedraw ? createLogUpdate(output.stderr) : null
  return {
    /** @param key identifies the line */
    update(key: string, line: ProgressLine): void {
      const previous = lines.get(key)
      lines.set(key, line)
      if (redraw) {
        redraw(renderBars([...lines.values()], output).join('\n'))
      } else if (isWorthALine(line, previous)) {
        output.note(renderPlain(line))
      }
    },
    /** Leaves the bars as they are. Later messages appear below them. */
    finish(): void {
      redraw?.done()
      lines.clear()
    },
  }
}

export function isWorthALine(line: ProgressLine, previous: ProgressLine | undefined): boolean {
  const step = ({ percent }: ProgressLine) => Math.floor(percent / LINE_PERCENT)
  return !previous || previous.stage !== line.stage || step(line) > step(previous)
}

export function renderBars(
  lines: ProgressLine[],
  { messageColors: colors }: Pick<Output, 'messageColors'>,
): string[] {
  const width = Math.max(...lines.map(({ label }) => label.length))
  return lines.map((line) => {
    const { label, percent, outcome } = line
    const full = Math.round((Math.min(percent, 100) / 100) * BAR_WIDTH)
    const color = outcome === 'failed' ? colors.red : outcome === 'ok' ? colors.green : colors.cyan
    const bar = color('█'.repeat(full)) + colors.dim('░'.repeat(BAR_WIDTH - full))
    return `${clean(label).padEnd(width)}  ${bar} ${formatPercent(percent)}  ${describe(line)}`
  })
}

export function renderPlain(line: ProgressLine): string {
  return `${clean(line.label)}  ${formatPercent(line.percent)}  ${describe(line)}`
}

function formatPercent(percent: number): string {
  return `${Math.floor(percent).toString().padStart(3)} %`
}

function describe({ stage, details }: ProgressLine): string {
  return clean(details ? `${stage}, ${details}` : stage)
}

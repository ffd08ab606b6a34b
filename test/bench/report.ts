/** The figures of the suites: their median and range, printed as a table and written as JSON. */
import { cpus, totalmem } from 'node:os'
import { readFileSync } from 'node:fs'

/** A figure, measured several times. */
export interface Measurement {
  /** What was measured, such as "status found, 32 connections, 100,000 jobs". */
  name: string
  /** Unit of all values, such as "ms" or "requests/s"; empty for a number. */
  unit: string
  /** The figure of each round; at least one. */
  values: number[]
  /**
   * What the figure is compared with, measured in the same run: the least that the same machine
   * needs for that work without the service.
   */
  floor?: { name: string; values: number[] }
  /** The goal, in words, such as "at least half of the floor". */
  goal?: string
}

export interface SuiteResult {
  suite: string
  seconds: number
  measurements: Measurement[]
  /** Why the suite ended early; null if it did not. */
  error: string | null
}

export interface Summary {
  median: number
  min: number
  max: number
}

/** @param values at least one */
export function summarize(values: number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: percentile(sorted, 50), min: sorted[0]!, max: sorted.at(-1)! }
}

/**
 * The percentile by the nearest rank, except the 50th of an even number of values, which is the mean
 * of the two in the middle.
 *
 * @param sorted at least one value, in ascending order
 * @param share from 0 to 100
 */
export function percentile(sorted: number[], share: number): number {
  const { length } = sorted
  if (share === 50 && length % 2 === 0) {
    return (sorted[length / 2 - 1]! + sorted[length / 2]!) / 2
  }
  return sorted[Math.max(0, Math.ceil((share / 100) * length) - 1)]!
}

const COLUMNS = ['', 'median', 'range', 'unit', 'floor', 'ratio', 'goal']

/** The table of one suite as Markdown, so that it can be copied into docs/performance.md. */
export function formatTable(measurements: Measurement[]): string {
  const rows = measurements.map(formatRow)
  const widths = COLUMNS.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]!.length)),
  )
  const formatLine = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = formatLine(widths.map((width) => '-'.repeat(width)))
  return [formatLine(COLUMNS), rule, ...rows.map(formatLine)].join('\n')
}

function formatRow({ name, unit, values, floor, goal = '' }: Measurement): string[] {
  const { median, min, max } = summarize(values)
  const range = values.length === 1 ? '' : `${formatNumber(min)} to ${formatNumber(max)}`
  const figure = [name, formatNumber(median), range, unit]
  if (floor === undefined) {
    return [...figure, '', '', goal]
  }
  const floorMedian = summarize(floor.values).median
  const floorText = `${formatNumber(floorMedian)} (${floor.name})`
  return [...figure, floorText, (median / floorMedian).toFixed(2), goal]
}

/** Three significant digits, and no more than two decimals. */
function formatNumber(value: number): string {
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return Number(value.toFixed(decimals)).toLocaleString('en')
}

/** Says what the figures were measured on. */
export function describeMachine(): string {
  const [cpu] = cpus()
  const gigabytes = (totalmem() / 1024 ** 3).toFixed(1)
  const { version, arch } = process
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown processor'}, ${gigabytes} GiB, ${readSystem()}, ${arch}, Node ${version}`
}

function readSystem(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8')
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? process.platform
  } catch {
    return process.platform
  }
}

/** Tables and lists of fields as text. */
import { clean } from './output.ts'

type Style = (text: string) => string

export interface Column<Row> {
  title: string
  value: (row: Row) => string
  /** Colours a cell. It does not change its width. */
  style?: (row: Row) => Style
}

/** Renders a table. The last column is not padded. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  heading: Style,
): string {
  const cells = rows.map((row) => columns.map(({ value }) => oneLine(value(row))))
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]!.length)),
  )
  const pad = (text: string, index: number) =>
    index === columns.length - 1 ? text : text.padEnd(widths[index]!)
  const head = columns.map(({ title }, index) => heading(pad(title.toUpperCase(), index)))
  const lines = rows.map((row, line) =>
    columns.map(({ style }, index) => {
      const text = pad(cells[line]![index]!, index)
      return style ? style(row)(text) : text
    }),
  )
  return [head, ...lines].map((line) => line.join('  ')).join('\n')
}

/** Renders names and values below each other. Those without a value (null) are left out. */
export function renderFields(
  fields: readonly [name: string, value: string | null][],
  name: Style,
): string {
  const set = fields.filter((field): field is [string, string] => field[1] !== null)
  const width = Math.max(...set.map(([title]) => title.length))
  return set.map(([title, value]) => `${name(title.padEnd(width))}  ${oneLine(value)}`).join('\n')
}

function oneLine(text: string): string {
  return clean(text).replaceAll(/\s*\n\s*/g, ' ')
}

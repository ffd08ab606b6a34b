/** Texts for values, tables and progress. */
import { expect, it } from 'vitest'
import { formatBytes, formatSeconds, plural } from '../../../src/cli/terminal/format.ts'
import { clean, createOutput, hasColors } from '../../../src/cli/terminal/output.ts'
import { isWorthALine, renderBars, renderPlain } from '../../../src/cli/terminal/progress.ts'
import { renderTable } from '../../../src/cli/terminal/table.ts'

it('sizes, durations and counts have their unit', () => {
  expect([0, 999, 1_000, 1_536_000, 2e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '1.5 MB',
    '2 TB',
  ])
  expect([0.25, 59.9, 60, 3_599.6, 7_260].map(formatSeconds)).toEqual([
    '0.3 s',
    '59.9 s',
    '1 min 0 s',
    '1 h 0 min',
    '2 h 1 min',
  ])
  expect([plural(1, 'job'), plural(0, 'job')]).toEqual(['1 job', '0 jobs'])
})

it('the columns of a table have the width of their longest cell, also with colours', () => {
  const columns = [
    {
      title: 'Id',
      value: ({ id }: { id: string }) => id,
      style: () => (text: string) => `<${text}>`,
    },
    { title: 'Name', value: () => 'two\nlines' },
  ]
  const table = renderTable([{ id: 'a' }, { id: 'long' }], columns, String)
  expect(table.split('\n')).toEqual(['ID    NAME', '<a   >  two lines', '<long>  two lines'])
})

it('control characters of others are not printed', () => {
  expect(clean('a\u001b[2Jb\rc\u009b31m\td')).toBe('a[2Jbc31m\td')
})

it('colours are left out without a terminal, and with NO_COLOR', () => {
  const terminal = { isTTY: true }
  expect(hasColors(terminal, {})).toBe(true)
  expect(hasColors(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false)
  expect(hasColors(terminal, { TERM: 'dumb' })).toBe(false)
  expect(hasColors({}, {})).toBe(false)
  expect(hasColors({}, { FORCE_COLOR: '1' })).toBe(true)
})

it('progress is a bar on a terminal, else a line for each stage and each ten percent', () => {
  const line = { label: 'w_640', percent: 50, stage: 'encoding', details: '2×' }
  const { messageColors } = createOutput({
    stdout: process.stdout,
    stderr: process.stderr,
    env: { NO_COLOR: '1' },
    isJson: false,
  })
  expect(renderBars([line, { ...line, label: 'f_webm,w_640' }], { messageColors })[0]).toBe(
    'w_640         ████████████░░░░░░░░░░░░  50 %  encoding, 2×',
  )
  expect(renderPlain(line)).toBe('w_640   50 %  encoding, 2×')
  expect(isWorthALine(line, undefined)).toBe(true)
  expect(isWorthALine({ ...line, percent: 59 }, line)).toBe(false)
  expect(isWorthALine({ ...line, percent: 60 }, line)).toBe(true)
  expect(isWorthALine({ ...line, stage: 'uploading' }, line)).toBe(true)
})

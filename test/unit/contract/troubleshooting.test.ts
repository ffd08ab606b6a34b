import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../../src/contract/errors.ts'
import { FAILURE_CODES } from '../../../src/contract/failureCode.ts'
import { isRetried } from '../../../src/domain/retryPolicy.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8')

/** Rows of the table below a heading, as their cells. */
function readTable(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('the page of troubleshooting', () => {
  it('has a row for each error code, with its status', () => {
    const documented = readTable('Codes of error responses').map(([code, status]) => [code, status])
    const defined = Object.entries(ERRORS).map(([code, { status }]) => [`\`${code}\``, `${status}`])
    expect(documented.sort()).toEqual(defined.sort())
  })

  it('has a row for each code of a failed job, and says if it is retried', () => {
    const documented = readTable('Codes of failed jobs').map(([code, retried]) => [code, retried])
    const defined = FAILURE_CODES.map((code) => [
      `\`${code}\``,
      isRetried(code, 1, 2) ? 'yes' : 'no',
    ])
    expect(documented.sort()).toEqual(defined.sort())
  })
})

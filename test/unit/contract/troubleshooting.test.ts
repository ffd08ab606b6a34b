import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../../src/contract/errors.ts'
import { FAILURE_CODES } from '../../../src/contract/failureCode.ts'
import { isRetried } from '../../../src/domain/retryPolicy.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8')

/** The first two cells of each row of the table below a heading, by the first. */
function readTable(heading: string): Record<string, string> {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| `(\w+)` *\| (\w+) /gm)]
  return Object.fromEntries(rows.map(([, code, second]) => [code, second]))
}

describe('the page of troubleshooting', () => {
  it('has a row for each error code, with its status', () => {
    const defined = Object.entries(ERRORS).map(([code, { status }]) => [code, `${status}`])
    expect(readTable('Codes of error responses')).toEqual(Object.fromEntries(defined))
  })

  it('has a row for each code of a failed job, and says if it is retried', () => {
    const defined = FAILURE_CODES.map((code) => [code, isRetried(code, 1, 2) ? 'yes' : 'no'])
    expect(readTable('Codes of failed jobs')).toEqual(Object.fromEntries(defined))
  })
})

/**
 * A vitest reporter: prints the number of passed, failed and skipped tests as the last line, for
 * CI. If TEST_TOTALS names a file, the numbers are those of all runs with the same file so far.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

export default class TestSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = countTests(modules, errors)
    // A run without tests fails, because its filter matched nothing.
    if (modules.every((module) => [...module.children.allTests()].length === 0)) {
      process.exitCode = 1
    }
    const file = process.env['TEST_TOTALS']
    const { passed, failed, skipped } = file === undefined ? counts : addToTotals(file, counts)
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}

function countTests(modules: readonly TestModule[], errors: readonly unknown[]): Counts {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const count = (state: string) => tests.filter((test) => test.result().state === state).length
  // Files that failed to load have no tests, and some errors occur outside of tests: both count
  // as failures.
  const failedOutsideTests =
    modules.filter((module) => module.errors().length > 0).length + errors.length
  return {
    passed: count('passed'),
    failed: count('failed') + failedOutsideTests,
    skipped: count('skipped'),
  }
}

/** Appends the counts of a run to the file; returns the sum of all its runs. */
function addToTotals(file: string, counts: Counts): Counts {
  appendFileSync(file, `${JSON.stringify(counts)}\n`)
  const runs = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Counts)
  const sum = (name: keyof Counts) => runs.reduce((total, run) => total + run[name], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}

/**
 * A vitest reporter: prints the number of passed, failed and skipped tests as the last line, for
 * CI. If TEST_TOTALS names a file, appends the line to it, so that several runs can be added up; if
 * TEST_FAILURES does, each test that failed, with the first line of its error.
 */
import { appendFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export default class TestSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    // Files that failed to load have no tests, and some errors occur outside of tests: both count
    // as failures.
    const failedOutsideTests =
      modules.filter((module) => module.errors().length > 0).length + errors.length
    const skipped = count('skipped')
    const failed = count('failed') + failedOutsideTests
    // A run without tests fails, because its filter matched nothing.
    if (tests.length === 0) {
      process.exitCode = 1
    }
    const summary = `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    console.log(summary)
    appendLines(process.env['TEST_TOTALS'], [summary])
    appendLines(process.env['TEST_FAILURES'], [
      ...modules.flatMap(failuresOf),
      ...errors.map((error) => `✗ outside of tests: ${firstLine(error.message)}`),
    ])
  }
}

function failuresOf(module: TestModule): string[] {
  const file = `✗ ${module.project.name} ${module.relativeModuleId}`
  return [
    ...module.errors().map((error) => `${file}: ${firstLine(error.message)}`),
    ...[...module.children.allTests('failed')].map(
      (test) => `${file} > ${test.fullName}: ${firstLine(test.result().errors?.[0]?.message)}`,
    ),
  ]
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] ?? ''
}

function appendLines(file: string | undefined, lines: string[]): void {
  if (file !== undefined && lines.length > 0) {
    appendFileSync(file, `${lines.join('\n')}\n`)
  }
}

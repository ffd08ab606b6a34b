/** A vitest reporter: the last line of `npm test` counts the tests of all suites, for CI to read. */
import type { Reporter, TestModule } from 'vitest/node'

export default class TestSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    // A file that does not load has no tests to fail, and an error may belong to no test.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length
    const skipped = count('skipped')
    const failed = count('failed') + broken
    if (tests.length === 0) {
      process.exitCode = 1
    }
    console.log(
      `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    )
  }
}

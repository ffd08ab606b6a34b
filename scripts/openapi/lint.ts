/** Checks the OpenAPI document with the rules of Redocly. */
import { createConfig, formatProblems, lintFromString } from '@redocly/openapi-core'
import { loadDocument } from './document.ts'

const problems = await lintFromString({
  source: JSON.stringify(await loadDocument(), null, 2),
  absoluteRef: 'openapi.json',
  config: await createConfig({ extends: ['recommended-strict'] }),
})
if (problems.length > 0) {
  const totals = { errors: problems.length, warnings: 0, ignored: 0 }
  formatProblems(problems, { format: 'stylish', totals, version: '' })
  process.exitCode = 1
}

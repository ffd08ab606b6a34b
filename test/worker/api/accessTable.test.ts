/** The access table in docs/security.md must agree with the OpenAPI document. */
import { expect, it } from 'vitest'
import securityPage from '../../../docs/security.md?raw'
import { visit, expectJson } from '../helpers/requests.ts'

interface Document {
  paths: Record<string, Record<string, { security?: Record<string, string[]>[] }>>
}
interface Row {
  covers: (method: string, path: string) => boolean
  visitor: string
  key: string
  otherwise: string
}

function withoutParameterNames(path: string) {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

/**
 * Returns a predicate for a route of the table, such as `GET /t/…`. A route without a method covers
 * all methods; `…` stands for any rest of the path.
 */
function readRoute(text: string) {
  const [, method, path] = /^(?:([A-Z]+) )?(\/[^…]*)/.exec(text)!
  const isPrefix = text.endsWith('…')
  const expected = withoutParameterNames(path!)
  return (actualMethod: string, actualPath: string) =>
    (method === undefined || method === actualMethod) &&
    (isPrefix
      ? withoutParameterNames(actualPath).startsWith(expected)
      : withoutParameterNames(actualPath) === expected)
}
const table: Row[] = securityPage
  .slice(securityPage.indexOf('This table shows the default access:'))
  .split('\n\n')[1]!
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [routes, visitor, key, otherwise] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim())
    const covered = [...routes!.matchAll(/`([^`]+)`/g)].map(([, text]) => readRoute(text!))
    const covers = (method: string, path: string) =>
      covered.some((isCovered) => isCovered(method, path))
    return { covers, visitor: visitor!, key: key!, otherwise: otherwise! }
  })

it('the table covers every operation, with its scopes and its access for visitors', async () => {
  const { paths } = await expectJson<Document>(await visit('/openapi.json'), 200)
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security = [] }]) => ({
      method: method.toUpperCase(),
      path,
      security,
    })),
  )
  expect(operations.length).toBeGreaterThan(30)
  for (const { method, path, security } of operations) {
    const name = `${method} ${path}`
    const row = table.find(({ covers }) => covers(method, path))
    expect(row, name).toBeDefined()
    const isOpen =
      security.length === 0 || security.some((scheme) => Object.keys(scheme).length === 0)
    expect(row!.visitor === 'no', name).toBe(!isOpen)
    for (const scheme of security) {
      for (const scope of scheme.apiKey ?? []) {
        expect(row!.key, name).toContain(`\`${scope}\``)
      }
      if (scheme.runnerToken) {
        expect(row!.otherwise, name).toContain('RUNNER_TOKEN')
      }
    }
  }
  // Control: no row covers this operation, which does not exist.
  expect(table.some(({ covers }) => covers('DELETE', '/queue/stats'))).toBe(false)
})

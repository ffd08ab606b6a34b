/** The access table in docs/security.md must agree with the OpenAPI description of every route. */
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

function plain(path: string) {
  return path.replaceAll(/\{\w+\}/g, '{}')
}

/** Parses a route such as `GET /t/…`. The method is optional; `…` matches any rest of a path. */
function readRoute(text: string) {
  const [, method, path] = /^(?:([A-Z]+) )?(\/[^…]*)/.exec(text)!
  const open = text.endsWith('…')
  return (of: string, at: string) =>
    (method === undefined || method === of) &&
    (open ? plain(at).startsWith(plain(path!)) : plain(at) === plain(path!))
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
    const covers = (method: string, path: string) => covered.some((each) => each(method, path))
    return { covers, visitor: visitor!, key: key!, otherwise: otherwise! }
  })

it('the table names every route with its scope and whether visitors can call it', async () => {
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
    const open = security.length === 0 || security.some((way) => Object.keys(way).length === 0)
    expect(row!.visitor === 'no', name).toBe(!open)
    for (const way of security) {
      for (const scope of way.apiKey ?? []) {
        expect(row!.key, name).toContain(`\`${scope}\``)
      }
      if (way.runnerToken) {
        expect(row!.otherwise, name).toContain('RUNNER_TOKEN')
      }
    }
  }
  // Control: no row covers an operation that does not exist.
  expect(table.some(({ covers }) => covers('DELETE', '/queue/stats'))).toBe(false)
})

/** The maximum size of a JSON body, on every route of the OpenAPI document that takes one. */
import { beforeAll, describe, expect, it } from 'vitest'
import { RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'
import { API_KEY, expectError, RUNNER_SECRET, visit } from '../helpers/requests.ts'

const MAX_BYTES = 1024 * 1024

interface Operation {
  requestBody?: { content: Record<string, unknown> }
  responses: Record<string, unknown>
}
interface JsonRoute {
  method: string
  path: string
  responses: string[]
}
const routes: JsonRoute[] = []
beforeAll(async () => {
  const document = await (
    await visit('/openapi.json')
  ).json<{ paths: Record<string, Record<string, Operation>> }>()
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, { requestBody, responses }] of Object.entries(item)) {
      if (requestBody?.content['application/json']) {
        routes.push({ method: method.toUpperCase(), path, responses: Object.keys(responses) })
      }
    }
  }
  expect(routes.length).toBeGreaterThan(10)
})

/** A JSON body of this size in bytes that no route accepts. */
function bodyOf(size: number) {
  return JSON.stringify('x'.repeat(size - 2))
}

function send({ method, path }: JsonRoute, body: BodyInit) {
  const runner = {
    Authorization: 'Bearer test-runner-token',
    [RUNNER_SECRET_HEADER]: RUNNER_SECRET,
  }
  const url = path.replaceAll(/\{\w+\}/g, 'x')
  const caller = path.startsWith('/runner/') ? runner : API_KEY
  return visit(url, { method, headers: { ...caller, 'Content-Type': 'application/json' }, body })
}

function stream(text: string): ReadableStream {
  return new Blob([text]).stream()
}

describe('a JSON body', () => {
  it('above 1 MiB is rejected with 413, with and without Content-Length', async () => {
    for (const route of routes) {
      for (const body of [bodyOf(MAX_BYTES + 1), stream(bodyOf(MAX_BYTES + 1))]) {
        const message = await expectError(await send(route, body), 413, 'too_large')
        expect(message).toContain('1048576 bytes')
      }
      expect(route.responses).toContain('413')
    }
  })

  it('of exactly 1 MiB is not rejected for its size', async () => {
    for (const route of routes) {
      const { status } = await send(route, bodyOf(MAX_BYTES))
      expect([400, 404, 409]).toContain(status)
    }
  })

  it('above 1 MiB is rejected with 401 if the request has no key', async () => {
    const body = bodyOf(MAX_BYTES + 1)
    const headers = { 'Content-Type': 'application/json' }
    const response = await visit('/queue/jobs', { method: 'POST', headers, body })
    await expectError(response, 401, 'unauthorized')
  })
})

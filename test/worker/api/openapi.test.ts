import { beforeAll, describe, expect, it } from 'vitest'
import { app } from '../../../src/app.ts'
import { visit } from '../helpers/requests.ts'

interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  security?: Record<string, unknown>[]
  parameters?: { name: string; in: string; required?: boolean }[]
  responses?: Record<string, { description: string }>
}
interface Document {
  openapi: string
  info: Record<string, unknown>
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, unknown>>
}
let document: Document
function operations() {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  )
}
beforeAll(async () => {
  const response = await visit('/openapi.json')
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toMatch(/^application\/json/)
  document = await response.json<Document>()
})

/**
 * Operations without a route of their own. The router cannot match `/size` after a path of several
 * segments, so the route of the status serves it.
 */
const SERVED_BY_OTHER_ROUTES = ['GET /video-status/{path}/size']
/** Converts Hono's notation of a path to that of OpenAPI. */
function toOpenApiPath(path: string) {
  return path.replaceAll(/:(\w+)(\{[^}]+\})?/g, '{$1}')
}

it('the document has a title and a version', () => {
  expect(document.openapi).toBe('3.1.0')
  expect(document.info).toMatchObject({ title: 'Reelqueue', version: expect.any(String) })
})

it('the document describes every route except /openapi.json, and no others', () => {
  const routes = new Set([
    ...SERVED_BY_OTHER_ROUTES,
    ...app.routes
      // Middleware of the app has the method ALL. A route is listed once for its handler, and once
      // for each of its own middleware and validators.
      .filter(({ method, path }) => method !== 'ALL' && path !== '/openapi.json')
      .map(({ method, path }) => `${method} ${toOpenApiPath(path)}`),
  ])
  expect(
    operations()
      .map(([name]) => name)
      .toSorted(),
  ).toEqual([...routes].toSorted())
  expect([...routes]).toEqual(
    expect.arrayContaining(['GET /queue/events', 'POST /runner/claim', 'GET /t/{path}']),
  )
})

it('every operation has a summary, a tag and described responses', () => {
  for (const [name, { summary, tags, responses }] of operations()) {
    expect(summary, name).toMatch(/^[A-Z].+/)
    expect(tags, name).toHaveLength(1)
    const statuses = Object.keys(responses!)
    expect(
      statuses.some((status) => status < '400'),
      name,
    ).toBe(true)
    for (const { description } of Object.values(responses!)) {
      expect(description, name).toMatch(/./)
    }
  }
})

it('every operation has an id of its own, and a tag that is described', () => {
  const ids = operations().map(([, { operationId }]) => operationId)
  expect(ids).toEqual([...new Set(ids)])
  expect(ids).not.toContain(undefined)
  const tags = document.tags.map(({ name }) => name)
  expect(new Set(operations().flatMap(([, operation]) => operation.tags))).toEqual(new Set(tags))
})

it('every 429 is documented with Retry-After', () => {
  const limited = operations().flatMap(([, { responses }]) => responses!['429'] ?? [])
  expect(limited.length).toBeGreaterThan(20)
  for (const response of limited) {
    expect(response).toMatchObject({ headers: { 'Retry-After': { required: true } } })
  }
})

it('every variable part of a path is a parameter, without router syntax', () => {
  for (const [name, { parameters = [] }] of operations()) {
    const named = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
    const described = parameters.filter((p) => p.in === 'path').map((p) => p.name)
    expect(described.toSorted(), name).toEqual(named.toSorted())
    expect(name).toMatch(/^[A-Z]+ [\w/{}.-]+$/)
  }
})

it('every reference resolves', () => {
  const text = JSON.stringify(document)
  const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!)
  expect(references.length).toBeGreaterThan(10)
  for (const reference of references) {
    const found = reference
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document)
    expect(found, reference).toBeTypeOf('object')
  }
})

describe('the documented authentication is enforced', () => {
  it('for every operation except GET /queue/events', async () => {
    const { securitySchemes } = document.components
    for (const [name, { security = [], responses }] of operations()) {
      const [method, path] = name.split(' ') as [string, string]
      if (path === '/queue/events') {
        continue
      }
      // The request is empty. A route without authentication accepts it, or rejects it for another
      // reason than a missing key.
      const response = await visit(path.replaceAll(/\{\w+\}/g, 'x'), { method })
      const open = security.some((way) => Object.keys(way).length === 0)
      expect(response.status === 401, name).toBe(security.length > 0 && !open)
      // Its body has an API key.
      const isSignIn = name === 'POST /session'
      expect('401' in responses!, name).toBe(security.length > 0 || isSignIn)
      for (const scheme of security.flatMap(Object.keys)) {
        expect(securitySchemes).toHaveProperty(scheme)
      }
    }
  })
})

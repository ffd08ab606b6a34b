/** The requests in the guide for bucket events are accepted, and its ways of creating a rule create the same one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { createRule, testRules } from '../../../src/contract/rule.ts'

const ROOT = join(import.meta.dirname, '../../..')
const guide = readFileSync(join(ROOT, 'docs/guides/bucket-events.md'), 'utf8')

function readSection(heading: string): string {
  return guide.split(/^## /m).find((part) => part.startsWith(heading))!
}
function readCurlBody(section: string): unknown {
  return JSON.parse(/-d '(.*?)'/s.exec(section)![1]!)
}

/** Starts a service that has one answer. Returns its URL and the bodies of its requests. */
async function startService(answer: object) {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(JSON.parse(body))
      response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies }
}

it('a rule is created by curl as by the typed client', async () => {
  const section = readSection('2. Create a rule')
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'create.mjs')
  const code = /```js\n(.*?)```/s.exec(section)![1]!
  writeFileSync(file, code.replace('@reelqueue/client', join(ROOT, 'src/client/index.ts')))
  const service = await startService({ id: 'rule_1' })
  const env = { ...process.env, REELQUEUE_URL: service.url, REELQUEUE_API_KEY: 'rq_key' }
  const program = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  expect(await text(program.stdout)).toBe('rule_1\n')
  const [byClient] = service.bodies.map((body) => createRule.parse(body))
  expect({ ...byClient, queue: 'default' }).toEqual(createRule.parse(readCurlBody(section)))
})

it('the request that tests the rules is valid', () => {
  const body = readCurlBody(readSection('3. Test it'))
  expect(testRules.parse(body)).toEqual({ key: 'films/a.mov', size: 2_000_000 })
})

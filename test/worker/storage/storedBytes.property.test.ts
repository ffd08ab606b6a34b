/**
 * After random sequences of storing, replacing, deleting and aborting, each key must be charged for
 * its bytes in R2, and the key with a quota must not exceed it.
 */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { API_KEY, visit } from '../helpers/requests.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey, type MadeKey, storedBytes } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

const QUOTA_BYTES = 700
interface Owner {
  name: string
  headers: Record<string, string>
}

const step = fc.record({
  do: fc.constantFrom('put', 'put', 'put', 'delete', 'rejected', 'parts', 'abort', 'form'),
  owner: fc.constantFrom(0, 0, 1, 2),
  path: fc.constantFrom('a', 'b', 'c'),
  size: fc.integer({ min: 40, max: 400 }),
})
interface Step {
  do: string
  owner: number
  path: string
  size: number
}

/** Creates file content with the owner's name, so that the test can read the owner from R2. */
function createContent(owner: Owner, size: number) {
  return mp4(owner.name + '.'.repeat(size - 24 - owner.name.length))
}

async function applyStep(step: Step, owner: Owner, folder: string): Promise<void> {
  const filePath = `${folder}/${step.path}.mp4`
  const { headers } = owner
  const json = { ...headers, 'Content-Type': 'application/json' }
  const send = (path: string, method: string, body?: BodyInit, of = headers) =>
    visit(path, { method, headers: of, ...(body !== undefined && { body }) })
  let response: Response
  switch (step.do) {
    case 'put':
      response = await send(`/files/${filePath}`, 'PUT', createContent(owner, step.size))
      break
    case 'delete':
      response = await send(`/files/${filePath}`, 'DELETE')
      break
    case 'rejected':
      response = await send(`/files/${filePath}`, 'PUT', 'no video '.repeat(20))
      break
    case 'form': {
      const form = new FormData()
      for (const name of ['a.mp4', 'b.mp4']) {
        form.append('files', new File([createContent(owner, step.size)], name))
      }
      form.append('folder', folder)
      response = await send('/upload', 'POST', form)
      break
    }
    default: {
      const begun = await send('/uploads', 'POST', JSON.stringify({ filePath }), json)
      const { uploadId } = await begun.json<{ uploadId: string }>()
      response = await send(`/uploads/${uploadId}/1`, 'PUT', createContent(owner, step.size))
      const part = response.clone()
      if (step.do === 'parts' && response.ok) {
        const body = JSON.stringify({ parts: [await part.json()] })
        response = await send(`/uploads/${uploadId}/complete`, 'POST', body, json)
      } else {
        response = await send(`/uploads/${uploadId}`, 'DELETE')
      }
    }
  }
  expect([200, 201, 404, 413, 415], await response.text()).toContain(response.status)
}

async function readBytesByOwner(folder: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { key, size } of (await env.ORIGINALS.list({ prefix: folder })).objects) {
    const text = await (await env.ORIGINALS.get(key))!.text()
    const [name] = /(first|second|third)/.exec(text)!
    sums[name!] = (sums[name!] ?? 0) + size
  }
  return sums
}

let run = 0
async function createOwners(): Promise<{ folder: string; keys: [MadeKey, MadeKey]; all: Owner[] }> {
  const folder = `model-${++run}`
  const keys: [MadeKey, MadeKey] = [await makeKey({ maxStoredBytes: QUOTA_BYTES }), await makeKey()]
  const all = [
    { name: 'first', headers: keys[0].headers },
    { name: 'second', headers: keys[1].headers },
    { name: 'third', headers: API_KEY },
  ]
  return { folder, keys, all }
}
async function expectCharged(folder: string, [capped, free]: [MadeKey, MadeKey]) {
  const { first = 0, second = 0 } = await readBytesByOwner(folder)
  expect([await storedBytes(capped), await storedBytes(free)]).toEqual([first, second])
  expect(first).toBeLessThanOrEqual(QUOTA_BYTES)
  expect(await countRows('storage_reservations', 'file_path LIKE ?', `${folder}/%`)).toBe(0)
}

it('sequential operations charge each key for its bytes in R2', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
      const { folder, keys, all } = await createOwners()
      for (const one of steps) {
        await applyStep(one, all[one.owner]!, folder)
        await expectCharged(folder, keys)
      }
    }),
    { numRuns: 10 },
  )
})

it('concurrent operations charge each key for its bytes in R2', { timeout: 120_000 }, async () => {
  let checked = 0
  const rounds = fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(rounds, async (steps) => {
      const { folder, keys, all } = await createOwners()
      for (const round of steps) {
        await Promise.all(round.map((one) => applyStep(one, all[one.owner]!, folder)))
        await expectCharged(folder, keys)
        checked += 1
      }
    }),
    { numRuns: 20 },
  )
  expect(checked).toBeGreaterThan(0)
})

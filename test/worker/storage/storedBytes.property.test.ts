/**
 * After any sequence of storing, replacing, deleting and aborting, the bytes charged to each key
 * are those in R2, and never exceed its quota.
 */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { API_KEY, visit } from '../helpers/requests.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey, type MadeKey, storedBytes } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'

const CAP = 700
interface Who {
  name: string
  headers: Record<string, string>
}

const step = fc.record({
  do: fc.constantFrom('put', 'put', 'put', 'delete', 'refused', 'parts', 'abort', 'form'),
  who: fc.constantFrom(0, 0, 1, 2),
  path: fc.constantFrom('a', 'b', 'c'),
  size: fc.integer({ min: 40, max: 400 }),
})
interface Step {
  do: string
  who: number
  path: string
  size: number
}

/** File content that includes the owner's name, so that the test can read the owner from R2. */
function written(who: Who, size: number) {
  return mp4(who.name + '.'.repeat(size - 24 - who.name.length))
}

async function take(step: Step, who: Who, folder: string): Promise<void> {
  const filePath = `${folder}/${step.path}.mp4`
  const { headers } = who
  const json = { ...headers, 'Content-Type': 'application/json' }
  const send = (path: string, method: string, body?: BodyInit, of = headers) =>
    visit(path, { method, headers: of, ...(body !== undefined && { body }) })
  let response: Response
  switch (step.do) {
    case 'put':
      response = await send(`/files/${filePath}`, 'PUT', written(who, step.size))
      break
    case 'delete':
      response = await send(`/files/${filePath}`, 'DELETE')
      break
    case 'refused':
      response = await send(`/files/${filePath}`, 'PUT', 'no video '.repeat(20))
      break
    case 'form': {
      const form = new FormData()
      for (const name of ['a.mp4', 'b.mp4']) {
        form.append('files', new File([written(who, step.size)], name))
      }
      form.append('folder', folder)
      response = await send('/upload', 'POST', form)
      break
    }
    default: {
      const begun = await send('/uploads', 'POST', JSON.stringify({ filePath }), json)
      const { uploadId } = await begun.json<{ uploadId: string }>()
      response = await send(`/uploads/${uploadId}/1`, 'PUT', written(who, step.size))
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

async function writtenBy(folder: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { key, size } of (await env.ORIGINALS.list({ prefix: folder })).objects) {
    const text = await (await env.ORIGINALS.get(key))!.text()
    const [name] = /(first|second|third)/.exec(text)!
    sums[name!] = (sums[name!] ?? 0) + size
  }
  return sums
}

let run = 0
async function world(): Promise<{ folder: string; keys: [MadeKey, MadeKey]; all: Who[] }> {
  const folder = `model-${++run}`
  const keys: [MadeKey, MadeKey] = [await makeKey({ maxStoredBytes: CAP }), await makeKey()]
  const all = [
    { name: 'first', headers: keys[0].headers },
    { name: 'second', headers: keys[1].headers },
    { name: 'third', headers: API_KEY },
  ]
  return { folder, keys, all }
}
async function holds(folder: string, [capped, free]: [MadeKey, MadeKey]) {
  const { first = 0, second = 0 } = await writtenBy(folder)
  expect([await storedBytes(capped), await storedBytes(free)]).toEqual([first, second])
  expect(first).toBeLessThanOrEqual(CAP)
  expect(await countRows('storage_reservations', 'file_path LIKE ?', `${folder}/%`)).toBe(0)
}

it('operations one after another charge what R2 holds', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
      const { folder, keys, all } = await world()
      for (const one of steps) {
        await take(one, all[one.who]!, folder)
        await holds(folder, keys)
      }
    }),
    { numRuns: 15 },
  )
})

it('concurrent operations charge what R2 holds', { timeout: 120_000 }, async () => {
  let checked = 0
  const rounds = fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(rounds, async (steps) => {
      const { folder, keys, all } = await world()
      for (const round of steps) {
        await Promise.all(round.map((one) => take(one, all[one.who]!, folder)))
        await holds(folder, keys)
        checked += 1
      }
    }),
    { numRuns: 25 },
  )
  expect(checked).toBeGreaterThan(0)
})

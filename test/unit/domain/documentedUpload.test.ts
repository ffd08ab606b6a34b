/** The page that the README links for uploads in parts shows the requests of such an upload. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

it('the linked section shows how an upload is begun, how a part is sent, and how it is completed', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, page, anchor] = /\[an upload in parts\]\(([^#)]+)#([^)]+)\)/.exec(readme)!
  const text = readFileSync(join(ROOT, page!), 'utf8')
  const heading = anchor!.replaceAll('-', ' ')
  const [section] = text.split(/^### /m).filter((part) => part.toLowerCase().startsWith(heading))
  expect(section).toMatch(/-X POST .*\$U\/uploads\n/)
  expect(section).toMatch(/curl -T \S+ .*\$U\/uploads\/upl_\w+\/1\n/)
  expect(section).toMatch(/\{"parts": \[\{"partNumber": 1, "etag": "\w+"\}/)
  expect(section).toMatch(/\$U\/uploads\/upl_\w+\/complete\n/)
})

/** The README, or a page that it links, shows how an upload in parts is completed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

it('the page that the README links for uploads in parts shows each request of one', () => {
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

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { hashSources } from '../../../scripts/start/build.ts'

let root: string
function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'))
  write('src/index.ts', 'export default {}')
  write('src/db/migrations/0000_tables.sql', 'CREATE TABLE a (b);')
  write('wrangler.toml', 'name = "a"')
  write('README.md', 'a')
})
afterEach(() => rmSync(root, { recursive: true }))

it.each([
  'src/index.ts',
  'src/new/file.ts',
  'src/bundle/zod.js',
  'src/db/migrations/0000_tables.sql',
  'src/db/migrations/0001_more.sql',
  'scripts/start/bundle.ts',
  'wrangler.toml',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
])('a change of %s makes another build', (path) => {
  const before = hashSources(root)
  write(path, '// changed')
  expect(hashSources(root)).not.toBe(before)
})

it('a file under another name makes another build', () => {
  write('src/a.ts', '1')
  const before = hashSources(root)
  rmSync(join(root, 'src/a.ts'))
  write('src/b.ts', '1')
  expect(hashSources(root)).not.toBe(before)
})

it.each(['README.md', 'container/main.ts', 'test/unit/build.test.ts'])(
  'a change of %s uses the kept build',
  (path) => {
    const before = hashSources(root)
    write(path, '// changed')
    expect(hashSources(root)).toBe(before)
  },
)

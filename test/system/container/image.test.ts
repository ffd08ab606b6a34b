/** Properties of the container image, read from the Dockerfile so that no engine is needed. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const dockerfile = readFileSync(new URL('../../../container/Dockerfile', import.meta.url), 'utf8')

test('the runner runs as a user that is not root and owns only the scratch folder', () => {
  const users = [...dockerfile.matchAll(/^USER (\S+)/gm)].map(([, user]) => user)
  expect(users).toEqual(['runner'])
  expect(dockerfile).toMatch(/useradd --uid 10001 .*--shell \/usr\/sbin\/nologin runner/)
  expect(dockerfile.indexOf('USER runner')).toBeGreaterThan(dockerfile.lastIndexOf('COPY'))
  expect(dockerfile.match(/-o runner/g)).toHaveLength(1)
})

/** The folder that holds the state of every system that the tests start; gone when they are done. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    stateDirs: string
  }
}

export default function setUp({ provide }: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-e2e-'))
  provide('stateDirs', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}

/** The package @reelqueue/client, installed in an empty project, and the examples that use it. */
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { findFreePort } from '../../fixtures/freePort.ts'
import { makeClip, probe } from '../../fixtures/media.ts'
import { API_KEY } from '../../fixtures/system.ts'
import { systemTest } from '../../fixtures/systemTest.ts'
import { startBrowser } from '../player.ts'
import { installPackage } from './installedPackage.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

const test = systemTest().extend('installed', { scope: 'file' }, () => installPackage())

const CLIENT_USE = `
  import { createClient, transform, type Job, ReelqueueError } from '@reelqueue/client'
  const client = createClient({ url: 'https://video.example.com', apiKey: 'rq_key' })
  export const job: Promise<Job> = client.jobs.get('job_1')
  export const small: string = String(transform().width(640).format('webm'))
  // @ts-expect-error A format that does not exist.
  transform().format('avi')
  // @ts-expect-error A status that does not exist.
  client.jobs.list({ status: 'done' })
  export const isKnown = (error: unknown) => error instanceof ReelqueueError && error.isTemporary
`
const HOOKS_USE = `
  import { useJob } from '@reelqueue/client/react'
  export const useProgress = (id: string): number => useJob(id).job?.progress ?? 0
`
/** Declares the names that the snippets of the guides do not define. */
const GUIDE_GLOBALS = `
  declare function sign(file: File): Promise<{ url: string; path: string }>
`

test('the package is complete and correct', async ({ installed: { built } }) => {
  const { messages, pkg } = await publint({ pkgDir: built, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([])
  expect(readdirSync(built)).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'react']),
  )
  const readme = readFileSync(join(built, 'README.md'), 'utf8')
  expect(readme.match(/\]\((?!https:|#)[^)]*\)/g)).toBeNull()
})

test.for([
  ['nodenext', 'es2022,dom,dom.iterable', '', CLIENT_USE + HOOKS_USE],
  ['bundler', 'es2022,dom,dom.iterable', '', CLIENT_USE + HOOKS_USE],
  ['nodenext', 'es2022', 'node', CLIENT_USE],
  ['bundler', 'es2022', '@cloudflare/workers-types', CLIENT_USE],
] as const)(
  'its types compile with the resolution %s, lib %s, types "%s"',
  ([moduleResolution, lib, types, source], { installed: { project, run } }) => {
    const folder = `types-${moduleResolution}-${types.replaceAll('/', '-')}`
    mkdirSync(join(project, folder))
    writeFileSync(join(project, folder, 'consumer.ts'), source)
    const compilerOptions = {
      strict: true,
      noEmit: true,
      // The declarations of the package are checked too.
      skipLibCheck: types !== '',
      target: 'es2022',
      lib: lib.split(','),
      types: types === '' ? [] : [types],
      module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
      moduleResolution,
    }
    writeFileSync(join(project, folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    expect(run(folder, 'tsc')).toBe('')
  },
)

test('the TypeScript of the guides that use it compiles with strict checks', ({
  installed: { project, run },
}) => {
  mkdirSync(join(project, 'guides'))
  writeFileSync(join(project, 'guides', 'globals.d.ts'), GUIDE_GLOBALS)
  const snippets = globSync(['client.md', 'guides/*.md'], { cwd: join(ROOT, 'docs') })
    .flatMap((guide) => [
      ...readFileSync(join(ROOT, 'docs', guide), 'utf8').matchAll(/```(tsx?)\n(.*?)```/gs),
    ])
    .filter(([, , source]) => source!.includes('@reelqueue/client'))
  expect(snippets.length).toBeGreaterThan(3)
  for (const [index, [, extension, source]] of snippets.entries()) {
    writeFileSync(join(project, 'guides', `${index}.${extension}`), `${source}\nexport {}\n`)
  }
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: ['node'],
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
  }
  writeFileSync(join(project, 'guides', 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  expect(run('guides', 'tsc')).toBe('')
})

test.for([
  ['a browser', { platform: 'browser' }],
  ['workerd', { platform: 'neutral', conditions: ['workerd', 'worker'] }],
] as const)('it is bundled for %s, and needs nothing else', async ([, target], { installed }) => {
  const bundle = async (source: string) => {
    const { metafile, outputFiles } = await build({
      stdin: { contents: source, resolveDir: installed.project },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      minify: true,
      ...target,
      conditions: [...('conditions' in target ? target.conditions : [])],
    })
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
    const packages = Object.keys(metafile.inputs)
      .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
      .filter((name) => name !== undefined)
    return { packages: new Set(packages), bytes: outputFiles[0]!.contents.length }
  }
  const whole = await bundle(`export * from '@reelqueue/client'`)
  expect(whole.packages).toEqual(new Set(['@reelqueue/client', 'eventsource-parser']))
  const part = await bundle(`export { transform } from '@reelqueue/client'`)
  expect(part.bytes).toBeLessThan(whole.bytes / 3)
})

test('the Node.js script makes a video and a poster', async ({ installed, system }) => {
  const folder = join(installed.project, 'examples', 'node-script')
  writeFileSync(join(folder, 'clip.mp4'), makeClip({ size: '640x360', seconds: 1 }))
  const child = spawn(process.execPath, ['main.ts', 'clip.mp4'], {
    cwd: folder,
    env: { ...process.env, REELQUEUE_URL: system.url, REELQUEUE_API_KEY: API_KEY },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  expect(await once(child, 'close')).toEqual([0, null])
  expect(output.join('')).toContain('small.mp4: completed, 100 %')
  for (const name of ['small.mp4', 'poster.jpg']) {
    const { streams } = await probe(readFileSync(join(folder, name)))
    expect(streams[0]).toMatchObject({ width: 320, height: 180 })
  }
})

test('a user of the React page uploads a video through the Worker, and plays the result', async ({
  installed,
  system,
}) => {
  const { project } = installed
  const page = join(project, 'examples', 'react-page')
  const building = spawn(process.execPath, ['build.mjs'], { cwd: page, stdio: 'inherit' })
  expect(await once(building, 'close')).toEqual([0, null])
  const port = await findFreePort()
  const address = `http://127.0.0.1:${port}`
  const worker = spawn(
    join(import.meta.dirname, '../../../../node_modules/.bin/wrangler'),
    [
      'dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--inspector-port',
      '0',
      '--show-interactive-dev-session=false',
      '--var',
      `REELQUEUE_URL:${system.url}`,
      '--var',
      `REELQUEUE_API_KEY:${API_KEY}`,
    ],
    {
      cwd: join(project, 'examples', 'worker'),
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const exited = once(worker, 'close')
  await using _stopped = {
    async [Symbol.asyncDispose]() {
      worker.kill()
      await exited
    },
  }
  await new Promise<void>((resolve, reject) => {
    worker.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('Ready on')) {
        resolve()
      }
    })
    void exited.then(([code]) => reject(new Error(`wrangler ended with ${code}`)))
  })

  const refused = await fetch(`${address}/api/uploads`, {
    method: 'POST',
    body: JSON.stringify({ fileName: 'virus.exe' }),
  })
  expect(refused.status).toBe(400)
  // The key of the Worker is not lent to requests that are passed on.
  const unsigned = await fetch(`${address}/files/uploads/x.mp4`, { method: 'PUT', body: 'x' })
  expect(unsigned.status).toBe(401)

  const browser = await startBrowser()
  await using _closed = { [Symbol.asyncDispose]: () => browser.close() }
  const tab = await browser.newPage()
  const errors: unknown[] = []
  tab.on('pageerror', (error) => errors.push(error))
  await tab.goto(address)
  const file = join(project, 'clip.mp4')
  writeFileSync(file, makeClip({ size: '640x360', seconds: 2 }))
  const input = await tab.waitForSelector('input[type=file]')
  await (input as unknown as { uploadFile: (path: string) => Promise<void> }).uploadFile(file)
  await tab.waitForFunction(() => document.querySelector('video')?.videoWidth === 320, {
    timeout: 30_000,
  })
  await tab.evaluate(() => document.querySelector('video')!.play())
  await tab.waitForFunction(() => document.querySelector('video')!.currentTime > 0.2)
  expect(errors).toEqual([])
})

/**
 * `npm run demo`, next to a running `npm start`: uploads a clip, makes three variants of it with
 * progress bars, and shows what ffprobe reports about them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Client } from './client.ts'
import { createBars } from './demo/bars.ts'
import { makeClip, probe } from './demo/media.ts'
import { readSettings } from './start/settings.ts'

const TRANSFORMATIONS = ['w_640', 'f_webm,w_480', 't_true,tt_2,w_640']
const TIMEOUT_MS = 180_000

const { url, apiKey, stateDir } = readSettings(process.env)

try {
  const folder = join(stateDir, 'demo')
  mkdirSync(folder, { recursive: true })
  await demo(createClient({ url, apiKey }), folder)
} catch (error) {
  const isUnreachable = error instanceof TypeError && error.message === 'fetch failed'
  console.error(
    isUnreachable
      ? `There is no server at ${url}. Run "npm start" in another terminal.`
      : message(error),
  )
  process.exit(1)
}

async function demo(client: Client, folder: string): Promise<void> {
  await client.request('/health')
  const name = `clip-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  const clip = join(folder, `${name}.mp4`)
  makeClip(clip)
  const filePath = `demo/${name}.mp4`
  await client.put(filePath, readFileSync(clip))
  console.log(`Uploaded ${filePath}`)

  await makeVariants(client, filePath)

  const rows = [{ variant: '(original)', ...probe(clip) }]
  for (const transformation of TRANSFORMATIONS) {
    const response = await client.request(`/t/${transformation}/${filePath}`)
    if (response.status !== 200) {
      throw new Error(`${transformation} is completed, but its URL returns ${response.status}`)
    }
    const file = join(folder, `${name}.${transformation}.${extension(response)}`)
    writeFileSync(file, await response.bytes())
    rows.push({ variant: transformation, ...probe(file) })
  }
  console.log(`\n${table(rows)}\n`)
  console.log(`The files are in ${folder}`)
}

/** Creates the jobs, and shows their progress until all are completed. */
async function makeVariants(client: Client, filePath: string): Promise<void> {
  const stop = new AbortController()
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  // Opened before the jobs are created, so that no event is missed.
  const events = await client.events(AbortSignal.any([stop.signal, timeout]))
  const jobs = await client.createJobs(filePath, TRANSFORMATIONS)
  const names = new Map(jobs.map(({ id, transformation }) => [id, transformation]))
  const bars = createBars([...names.values()], process.stdout)

  for await (const { type, data } of events) {
    const name = names.get(data.jobId as string)
    if (name === undefined) {
      continue
    }
    if (type === 'job:started') {
      bars.show(name, 0, 'started')
    }
    if (type === 'job:progress') {
      bars.show(name, data.progress as number, data.stage as string)
    }
    if (type === 'job:retrying') {
      bars.show(name, 0, `will be retried: ${data.error as string}`)
    }
    if (type === 'job:completed') {
      bars.show(name, 100, 'completed')
      names.delete(data.jobId as string)
    }
    if (['job:error', 'job:cancelled', 'job:deleted'].includes(type)) {
      throw new Error(
        `${name} ended as ${data.status as string}: ${(data.error as string) ?? type}`,
      )
    }
    if (names.size === 0) {
      return stop.abort()
    }
  }
  throw new Error(
    timeout.aborted
      ? `${[...names.values()].join(', ')} did not finish within ${TIMEOUT_MS / 1000} s. Is a runner running?`
      : 'The event stream ended before the jobs did',
  )
}

function extension(response: Response): string {
  const type = response.headers.get('Content-Type')?.split(';')[0]?.split('/')[1]
  return type === 'jpeg' ? 'jpg' : (type ?? 'bin')
}

function table(rows: Record<string, string | number>[]): string {
  const lines = [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map(String))]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join('   ')).join('\n')
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

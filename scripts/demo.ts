/**
 * `npm run demo`, next to a running `npm start`: makes three variants of a clip with the command
 * line, and shows what ffprobe reports about them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeClip, probe } from './demo/media.ts'

const TRANSFORMATIONS = ['w_640', 'f_webm,w_480', 't_true,tt_2,w_640']
const MAX_WAIT_SECONDS = 180
const PROGRAM = join(import.meta.dirname, 'reelqueue.mjs')

/** The variables of `npm start` select its service. The command line itself finds the key. */
const { PORT, API_KEY } = process.env
const env = {
  ...(PORT && { REELQUEUE_URL: `http://127.0.0.1:${PORT}` }),
  ...(API_KEY && { REELQUEUE_API_KEY: API_KEY }),
  ...process.env,
}

/** Runs a command. If it fails, it has said why, and the demo ends with its exit code. */
function run(args: string[], stdout: 'inherit' | 'ignore' = 'inherit'): void {
  const { status } = spawnSync(process.execPath, [PROGRAM, ...args], {
    env,
    stdio: ['inherit', stdout, 'inherit'],
  })
  if (status !== 0) {
    process.exit(status ?? 1)
  }
}

function table(rows: Record<string, string | number>[]): string {
  const lines = [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map(String))]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join('   ')).join('\n')
}

// Says what is wrong if there is no service or no key, before the clip is made.
run(['whoami'], 'ignore')
const folder = mkdtempSync(join(tmpdir(), 'reelqueue-demo-'))
const name = `clip-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}.mp4`
const clip = join(folder, name)
makeClip(clip)
const transform = TRANSFORMATIONS.flatMap((text) => ['--transform', text])
const wait = ['--max-wait', String(MAX_WAIT_SECONDS)]
run(['submit', clip, '--to', 'demo/', ...transform, ...wait, '--download', folder])

const rows = readdirSync(folder)
  .sort()
  .map((file) => ({ file, ...probe(join(folder, file)) }))
console.log(`\n${table(rows)}\n\nThe files are in ${folder}`)

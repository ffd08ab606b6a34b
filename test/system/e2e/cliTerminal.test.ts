/** The command line in a pseudo-terminal, in a pipe, and with a browser. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, vi } from 'vitest'
import { cliTest } from './cliTest.ts'

const test = cliTest()

interface Cli {
  folder: string
  program: string
  env: Record<string, string>
}

/** Runs a command in a pseudo-terminal: `script` of util-linux opens one, and returns the exit code. */
function runInTerminal({ folder, program, env }: Cli, command: string) {
  // A new pseudo-terminal has no size.
  const line = `stty cols 120 rows 24; ${program} ${command}`
  const args = ['--quiet', '--return', '--command', line, '/dev/null']
  const child = spawn('script', args, { cwd: folder, env: { ...env, TERM: 'xterm' } })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const closed = once(child, 'close') as Promise<[number]>
  return {
    raw: () => output,
    text: () => stripVTControlCharacters(output),
    type: (keys: string) => child.stdin.write(keys),
    async end(): Promise<number> {
      const [code] = await closed
      return code
    },
  }
}

test('a terminal shows a bar that is redrawn, with colours, and then the result', async ({
  cli,
}) => {
  const terminal = runInTerminal(cli, 'submit clip.mp4 --to videos/ -t w_160')
  expect(await terminal.end()).toBe(0)
  const ERASE_LINE = '\u001b[2K'
  expect(terminal.raw()).toContain(ERASE_LINE)
  expect(terminal.raw()).toContain('\u001b[32m')
  expect(terminal.text()).toMatch(/w_160 +█{24} 100 % {2}completed/)
  expect(terminal.text().trimEnd().split('\n').at(-1)).toMatch(/^completed {2}w_160 {2}videos/)
})

test('a terminal asks before an action on all jobs that match, and "no" changes nothing', async ({
  cli,
}) => {
  await cli.run(['queues', 'pause', 'default'])
  const { stdout } = await cli.run(
    'submit videos/clip.mp4 --stored --no-wait -t w_80 -t w_82 --tag asked --json'.split(' '),
  )
  const ids = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)
  const listIds = async () => (await cli.run(['jobs', '--tag', 'asked', '--ids'])).stdout
  for (const [key, code, left] of [
    ['n', 1, `${ids[1]}\n${ids[0]}\n`],
    ['y', 0, ''],
  ] as const) {
    const terminal = runInTerminal(cli, 'delete --all-matching --tag asked')
    await vi.waitFor(() => expect(terminal.text()).toContain('Delete 2 jobs at http'), {
      timeout: 20_000,
    })
    terminal.type(key)
    expect(await terminal.end(), terminal.text()).toBe(code)
    expect(await listIds()).toBe(left)
  }
  await cli.run(['queues', 'resume', 'default'])
})

test('a reader that closes the pipe ends the command without an error', ({ cli }) => {
  const { folder, program, env } = cli
  const run = (line: string) =>
    execFileSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' })
  // The first reader closes the pipe before anything is written.
  for (const reader of ['true', 'head -n 1']) {
    const command = `${program} jobs --json 2> stderr; echo $? > code`
    run(`{ ${command}; } | ${reader}`)
    expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n')
    expect(readFileSync(join(folder, 'stderr'), 'utf8')).toBe('')
  }
})

test('open starts the browser with the page of a job, and prints its address without a browser', async ({
  cli,
  system,
}) => {
  const tools = join(cli.folder, 'tools')
  mkdirSync(tools)
  symlinkSync(process.execPath, join(tools, 'node'))
  const open = () => cli.run(['open', 'job_1'], { changes: { PATH: tools } })
  const url = `${system.url}/#/jobs/job_1`
  const without = await open()
  expect(without).toEqual({
    code: 0,
    stdout: `${url}\n`,
    stderr: expect.stringContaining('no browser'),
  })

  const opened = join(cli.folder, 'opened')
  writeFileSync(join(tools, 'xdg-open'), `#!/bin/sh\necho "$1" > ${opened}\n`, { mode: 0o755 })
  expect(await open()).toEqual({ code: 0, stdout: `${url}\n`, stderr: '' })
  await vi.waitFor(() => expect(readFileSync(opened, 'utf8')).toBe(`${url}\n`))
})

import { expect, it } from 'vitest'
import { runProcess } from '../../../container/ffmpeg/process/process.ts'

function run(script: string, keepText?: RegExp) {
  return runProcess({
    file: 'sh',
    arguments: ['-c', `(${script}) >&2`],
    cwd: '/',
    signal: new AbortController().signal,
    onStdout: () => {},
    ...(keepText && { keepText }),
  })
}

it.each([
  ['of a long text begins with a whole line', `seq 1 4000`, /^\d{3,4}\n[^]*4000\n$/],
  ['of a single line of 9,000 characters is empty', `printf %09000d 0`, /^$/],
])('the end of stderr %s', async (_name, script, expected) => {
  const { stderrTail } = await run(script)
  expect(stderrTail).toMatch(expected)
  expect(stderrTail.length).toBeLessThanOrEqual(8_000)
})

it('a text to be kept precedes the end of stderr, once, however much follows', async () => {
  const kept = await run(
    'echo -n "mark 25"; sleep 0.1; echo .5; echo mark 9; seq 1 4000',
    /mark \d+\.\d+\s/,
  )
  expect(kept.stderrTail).toMatch(/^mark 25\.5\n\d{3,4}\n[^m]*4000\n$/)
  const short = await run('echo mark 25.5; seq 1 4', /mark \d+\.\d+\s/)
  expect(short.stderrTail).toBe('mark 25.5\n1\n2\n3\n4\n')
  expect((await run('seq 1 4', /mark \d+\.\d+\s/)).stderrTail).toBe('1\n2\n3\n4\n')
})

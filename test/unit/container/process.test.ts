import { expect, it } from 'vitest'
import { runProcess } from '../../../container/ffmpeg/process/process.ts'

it.each([
  ['of a long text begins with a whole line', `seq 1 4000`, /^\d{3,4}\n[^]*4000\n$/],
  ['of a single line of 9,000 characters is empty', `printf %09000d 0`, /^$/],
])('the end of stderr %s', async (_name, script, expected) => {
  const { stderrTail } = await runProcess({
    file: 'sh',
    arguments: ['-c', `${script} >&2`],
    cwd: '/',
    signal: new AbortController().signal,
    onStdout: () => {},
  })
  expect(stderrTail).toMatch(expected)
  expect(stderrTail.length).toBeLessThanOrEqual(8_000)
})

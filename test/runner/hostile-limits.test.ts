/** Limits on the memory, the disk, the CPU time and the output of ffmpeg and ffprobe. */
import { chmod, readdir, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ProcessLimits } from '../../container/ffmpeg/process/limits.ts'
import { runProcess } from '../../container/ffmpeg/process/process.ts'
import { mountSmallDisk, unmount } from '../system/chaos/smallDisk.ts'
import { harness, runJob, useRunnerHarness } from './helpers/runnerHarness.ts'
import { video } from '../fixtures/renditions.ts'

/** Size of a file on the small disk, which leaves too little space for an output. */
const OCCUPIED_BYTES = 950_000
const GIB = 1024 ** 3
const disk = join(tmpdir(), `runner-small-disk-${process.pid}`)
const skipReason = mountSmallDisk(disk, 1)

useRunnerHarness()
afterAll(async () => {
  if (skipReason === null) {
    unmount(disk)
  }
  await rmdir(disk)
})

const fullHd = video({ height: 1080, quality: 100 })

describe('an encode', () => {
  it('at 1080p fits into the memory of a 2 GiB machine', async () => {
    const { finish } = await runJob('fullhd.mp4', fullHd, {}, { MEMORY_BYTES: String(2 * GIB) })
    expect(finish).toMatchObject({ outcome: 'completed', output: { width: 1920, height: 1080 } })
  })

  it('fails with out_of_memory when it needs more than the limit', async () => {
    const { finish } = await runJob('fullhd.mp4', fullHd, {}, { MEMORY_BYTES: '300000000' })
    expect(finish).toMatchObject({
      errorCode: 'out_of_memory',
      message:
        'The runner has too little memory for this file. Give it more, or request a smaller variant.',
    })
  })

  it('fails with out_of_disk when its output exceeds the size limit', async () => {
    const { finish } = await runJob('fullhd.mp4', fullHd, {}, { DISK_BYTES: '100000' })
    expect(finish).toMatchObject({
      errorCode: 'out_of_disk',
      message:
        'The output is larger than this runner allows. The maximum is its disk space for a job, but at most 49 GiB. Give the runner more disk, or request a smaller or shorter variant.',
    })
  })

  it.skipIf(skipReason)(
    `fails with out_of_disk on a disk that is too small ${skipReason ?? ''}`,
    async () => {
      await writeFile(join(disk, 'other'), Buffer.alloc(OCCUPIED_BYTES))
      const { finish } = await runJob('fullhd.mp4', fullHd, {}, { SCRATCH_DIR: disk })
      expect(finish).toMatchObject({
        errorCode: 'out_of_disk',
        message:
          'The runner has too little disk space for this file. Give it more, or request a smaller or shorter variant.',
      })
      expect(await readdir(disk)).toEqual(['other'])
    },
  )

  it.each([
    ['frames', 'frame=99999999', /at least 99,999,999 frames; at most 5,184,000/],
    ['hours', 'out_time_us=360000000000', /^The duration is 100 hours; at most 24 are/],
  ])('that exceeds the maximum number of %s is killed', async (_, progress, message) => {
    const FFMPEG = join(harness.scratch, 'ffmpeg')
    // Fails when it is started to sample frames during the probe.
    const script = `case "$*" in *scan-*) exit 1 ;; esac\necho ${progress}\nexec sleep 60`
    await writeFile(FFMPEG, `#!/bin/sh\n${script}\n`)
    await chmod(FFMPEG, 0o755)
    const { finish } = await runJob('clip.mp4', video({ width: 160 }), {}, { FFMPEG })
    expect(finish).toMatchObject({
      errorCode: 'unsupported',
      message: expect.stringMatching(message),
    })
  })
})

describe('a probe', () => {
  it.each([
    ['uses too much CPU time', 'kill -s XCPU $$', 'timeout', /more than 4 seconds of CPU time/],
    ['uses too much memory', 'echo Cannot allocate memory >&2; exit 1', 'input_invalid', /1 GiB/],
    [
      'prints without an end',
      'exec yes',
      'input_invalid',
      /description of the file is longer than 1000000 characters/,
    ],
  ])('fails when ffprobe %s', async (_, script, errorCode, message) => {
    const FFPROBE = join(harness.scratch, 'ffprobe')
    await writeFile(FFPROBE, `#!/bin/sh\n${script}\n`)
    await chmod(FFPROBE, 0o755)
    const { finish } = await runJob('clip.mp4', video(), {}, { FFPROBE })
    expect(finish).toMatchObject({ errorCode, message: expect.stringMatching(message) })
  })
})

describe('a process under resource limits', () => {
  const limits: ProcessLimits = { memoryBytes: GIB, fileBytes: 51_200, cpuSeconds: 1 }

  async function run(file: string, ...list: string[]) {
    let stdout = ''
    const ended = await runProcess({
      file,
      arguments: list,
      limits,
      cwd: harness.scratch,
      signal: AbortSignal.timeout(20_000),
      onStdout: (text) => (stdout += text),
    })
    return { ...ended, stdout }
  }

  it('has the given limits, no core dumps, 64 open files, and the highest OOM score', async () => {
    // Core dumps, KiB of memory, file size in units of 512 bytes, open files, seconds of CPU time; then
    // the OOM score.
    const show = 'for each in c d f n t; do ulimit -$each; done; cat /proc/self/oom_score_adj'
    const { stdout } = await run('sh', '-c', show)
    expect(stdout.trim().split('\n')).toEqual(['0', '1048576', '100', '64', '1', '1000'])
  })

  it('is killed when it uses too much CPU time', async () => {
    expect(await run('sh', '-c', 'while :; do :; done')).toMatchObject({ signal: 'SIGXCPU' })
  })

  it('is killed when it writes too much', async () => {
    const { signal } = await run('sh', '-c', 'exec head -c 100000 /dev/zero >file')
    expect(signal).toBe('SIGXFSZ')
  })

  it('receives shell characters in its arguments unchanged', async () => {
    const list = ['$(touch file)', '`touch file`', '; touch file', "'", '"', '*', '-n', '']
    const { stdout } = await run('printf', '%s|', ...list)
    expect(stdout).toBe(list.map((each) => `${each}|`).join(''))
    expect(await readdir(harness.scratch)).toEqual([])
  })

  it('cannot be started when the program does not exist', async () => {
    await expect(run('no-such-program')).rejects.toThrow('no-such-program cannot be started')
  })
})

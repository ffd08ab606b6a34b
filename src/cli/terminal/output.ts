/**
 * The two outputs of a command. Results go to stdout: text for people, or JSON with `--json`.
 * Messages and progress go to stderr, so that the results can be piped.
 */
import picocolors from 'picocolors'
import type { WriteStream } from 'node:tty'
import type { Environment } from '../configFile.ts'

export type Colors = ReturnType<typeof picocolors.createColors>
export type Output = ReturnType<typeof createOutput>

interface Options {
  stdout: WriteStream
  stderr: WriteStream
  env: Environment
  isJson: boolean
}

export function createOutput({ stdout, stderr, env, isJson }: Options) {
  const messageColors = picocolors.createColors(hasColors(stderr, env))
  return {
    isJson,
    colors: picocolors.createColors(hasColors(stdout, env)),
    messageColors,
    /** True if stderr is a terminal that can be redrawn. */
    canRedraw: stderr.isTTY && env['TERM'] !== 'dumb' && !env['CI'],
    stderr,
    /** Writes the result: the value as one JSON document, or its text. */
    show(value: unknown, render: () => string): void {
      stdout.write(`${isJson ? JSON.stringify(value, null, 2) : render()}\n`)
    },
    /** Writes one of several results: the value as one line of JSON, or its text. */
    showLine(value: unknown, render: () => string): void {
      stdout.write(`${isJson ? JSON.stringify(value) : render()}\n`)
    },
    /** Writes a message. */
    note(text: string): void {
      stderr.write(`${text}\n`)
    },
    warn(text: string): void {
      stderr.write(`${messageColors.yellow('Warning:')} ${clean(text)}\n`)
    },
    fail(text: string, hint: string | null = null): void {
      stderr.write(`${messageColors.red('Error:')} ${clean(text)}\n`)
      if (hint !== null) {
        stderr.write(`${clean(hint)}\n`)
      }
    },
  }
}

/** https://no-color.org and the FORCE_COLOR of Node.js. */
export function hasColors(stream: { isTTY?: boolean }, env: Environment): boolean {
  if (env['NO_COLOR']) {
    return false
  }
  if (env['FORCE_COLOR']) {
    return env['FORCE_COLOR'] !== '0'
  }
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/**
 * Removes control characters, with which texts of others, such as the tags of a file, could move the
 * cursor or change the terminal.
 */
export function clean(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

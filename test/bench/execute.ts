import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program. Rejects if it fails. */
export const execute = promisify(execFile)

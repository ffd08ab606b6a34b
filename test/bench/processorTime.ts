/** Processor time of a process (Linux). */
import { readFileSync } from 'node:fs'

/** A tick of the times in /proc, the same on all Linux systems of today. */
const MS_PER_TICK = 10

/** User and system time since the process began, in milliseconds. */
export function readCpuMs(pid: number): number {
  // The name of the program, in parentheses, can contain spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

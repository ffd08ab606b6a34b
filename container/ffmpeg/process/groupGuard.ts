/**
 * Kills the process groups that still run when this process is killed (`kill -9`, out of memory): it
 * cannot do so itself. One shell guards all groups, because starting a process for each group would
 * cost as much as a small job may take.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/**
 * Reads `add <group>` and `remove <group>` from this process. When this process dies, the pipe ends,
 * and the shell kills the groups that are left.
 */
const SCRIPT = `groups=
while read -r change group; do
  case $change in
    add) groups="$groups $group" ;;
    remove)
      rest=
      for each in $groups; do
        [ "$each" = "$group" ] || rest="$rest $each"
      done
      groups=$rest ;;
  esac
done
for each in $groups; do
  kill -s KILL -- "-$each"
done`

type Guard = ChildProcessByStdio<Writable, null, null>

const guardedGroups = new Set<number>()
let guard: Guard | null = null

/** @returns a function to call once the group has ended */
export function guardGroup(group: number): () => void {
  guardedGroups.add(group)
  if (guard === null) {
    guard = startGuard()
    guardedGroups.forEach((each) => tell('add', each))
  } else {
    tell('add', group)
  }
  return () => {
    guardedGroups.delete(group)
    tell('remove', group)
  }
}

function tell(change: 'add' | 'remove', group: number): void {
  guard?.stdin.write(`${change} ${group}\n`)
}

function startGuard(): Guard {
  const shell = spawn('sh', ['-c', SCRIPT, 'guard'], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] },
  })
  const forget = () => {
    if (guard === shell) {
      guard = null
    }
  }
  // If the shell cannot be started, or is killed, the groups run without it until the next start.
  shell.on('error', forget).on('exit', forget)
  shell.stdin.on('error', () => {})
  // It does not keep this process from ending.
  shell.unref()
  ;(shell.stdin as Socket).unref()
  return shell
}

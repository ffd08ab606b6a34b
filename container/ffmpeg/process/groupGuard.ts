/** Kills a process group when the process that started it is killed and cannot do so itself. */
import { spawn } from 'node:child_process'

/** Waits for a line on stdin; if stdin ends without one, kills the process group `$1`. */
const SCRIPT = 'read -r ended || kill -s KILL -- "-$1"'

/**
 * Starts a shell that kills the group when this process is killed (`kill -9`, out of memory). The
 * shell reads a pipe from this process; when the process dies, the pipe ends without a line.
 *
 * @returns a function that tells the shell that the group has ended
 */
export function startGroupGuard(group: number, env: NodeJS.ProcessEnv): () => void {
  const shell = spawn('sh', ['-c', SCRIPT, 'guard', String(group)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  })
  // Errors are ignored: if the shell cannot be started, the group runs without this guard.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  return () => shell.stdin.end('ended\n')
}

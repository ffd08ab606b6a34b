/** The command line: its commands, and the options that all of them have. */
import { Command } from 'commander'
import { addCancel, addDelete, addRetry } from './commands/jobActions.ts'
import { addFiles } from './commands/files.ts'
import { addJob } from './commands/job.ts'
import { addJobs } from './commands/jobs.ts'
import { addKeys } from './commands/keys.ts'
import { addLogin, addLogout, addWhoami } from './commands/login.ts'
import { addOpen } from './commands/open.ts'
import { addPresets } from './commands/presets.ts'
import { addProbe } from './commands/probe.ts'
import { addQueues } from './commands/queues.ts'
import { addRules } from './commands/rules.ts'
import { addStats } from './commands/stats.ts'
import { addSubmit } from './commands/submit.ts'
import { addUpload } from './commands/upload.ts'
import { addWatch } from './commands/watch.ts'

const HELP = `
Settings: an option comes before the environment variable REELQUEUE_URL or
REELQUEUE_API_KEY, that before what "reelqueue login" has stored, and that
before the service that "npm start" runs on this machine.

Exit codes:
  0    success
  1    a job or a request failed
  2    the command line is not valid
  3    there is no API key, or it does not allow the request
  130  interrupted by Ctrl-C; jobs continue`

export function createProgram(version: string): Command {
  const program = new Command('reelqueue')
    .description('Store videos, make variants of them, and manage the queue.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--url <url>', 'address of the service')
    .option('--api-key <key>', 'API key; others can read it here, so prefer REELQUEUE_API_KEY')
    .option('--json', 'print the result as JSON on stdout')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .addHelpText('after', HELP)
    // Errors are thrown instead of ending the process. Commands that are added below inherit it.
    .exitOverride()
  for (const add of [
    addSubmit,
    addUpload,
    addFiles,
    addProbe,
    addJobs,
    addJob,
    addWatch,
    addRetry,
    addCancel,
    addDelete,
    addStats,
    addQueues,
    addPresets,
    addRules,
    addKeys,
    addOpen,
    addLogin,
    addLogout,
    addWhoami,
  ]) {
    add(program)
  }
  return program
}

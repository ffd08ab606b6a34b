/** `reelqueue open`: opens the dashboard in the browser. */
import type { Command } from 'commander'
import openInBrowser from 'open'
import { action, type Context } from '../context.ts'
import { examples } from '../parsers.ts'

export function addOpen(program: Command): void {
  program
    .command('open')
    .argument('[jobId]', 'a job to show')
    .description('Open the dashboard in the browser')
    .option('--print', 'print the address instead')
    .addHelpText('after', examples('open', 'open job_…', 'open --print'))
    .action(action(open))
}

async function open(
  { client, output, settings, signal }: Context,
  jobId: string | undefined,
  { print }: { print?: boolean },
): Promise<void> {
  const url = `${settings.url}/${jobId === undefined ? '' : `#/jobs/${encodeURIComponent(jobId)}`}`
  if (!print) {
    // A browser would show only that it cannot connect.
    await client.health({ signal })
    try {
      await openInBrowser(url)
    } catch {
      output.warn('There is no browser to open. Open this address yourself:')
    }
  }
  output.show({ url }, () => url)
}

/** `reelqueue files`: lists and deletes stored files. */
import type { Command } from 'commander'
import type { ListedFile } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { examples, integer, yesOption } from '../parsers.ts'
import { formatBytes, formatTime, plural } from '../terminal/format.ts'
import { confirm } from '../terminal/prompts.ts'
import { renderTable } from '../terminal/table.ts'

interface ListOptions {
  prefix?: string
  limit: number
  all?: boolean
}

export function addFiles(program: Command): void {
  const files = program.command('files').description('List and delete stored files')
  files
    .command('list', { isDefault: true })
    .description('List stored files, by path')
    .option('--prefix <text>', 'only files whose path begins with this, such as videos/')
    .option('--limit <number>', 'maximum number of files', integer({ min: 1, max: 1_000 }), 100)
    .option('--all', 'all files; with --json, one line for each')
    .addHelpText('after', examples('files', 'files list --prefix videos/ --json'))
    .action(action(list))
  files
    .command('delete')
    .argument('<paths...>', 'storage paths')
    .description('Delete files and their variants, and cancel their jobs')
    .addOption(yesOption())
    .addHelpText('after', examples('files delete videos/clip.mp4'))
    .action(action(remove))
}

async function list(
  { client, output, signal }: Context,
  { prefix, limit, all }: ListOptions,
): Promise<void> {
  const filter = prefix === undefined ? {} : { prefix }
  if (all) {
    for await (const file of client.files.all({ ...filter, limit: 1_000 }, { signal })) {
      output.showLine(file, () => file.filePath)
    }
    return
  }
  const page = await client.files.list({ ...filter, limit }, { signal })
  output.show(page, () => renderFiles(page.files, output.colors.bold))
  if (page.nextCursor !== null && !output.isJson) {
    output.note('There are more files: --limit or --all shows them.')
  }
}

function renderFiles(files: readonly ListedFile[], heading: (text: string) => string): string {
  if (files.length === 0) {
    return 'There are no files.'
  }
  return renderTable(
    files,
    [
      { title: 'Size', value: ({ size }) => formatBytes(size) },
      { title: 'Uploaded', value: ({ uploadedAt }) => formatTime(uploadedAt) },
      { title: 'Path', value: ({ filePath }) => filePath },
    ],
    heading,
  )
}

async function remove(
  { client, output, settings, signal }: Context,
  paths: string[],
  options: { yes?: boolean },
): Promise<void> {
  await confirm(
    `Delete ${plural(paths.length, 'file')} and their variants at ${settings.url}?`,
    options,
  )
  for (const path of paths) {
    const result = await client.files.delete(path, { signal })
    output.showLine({ filePath: path, ...result }, () => `Deleted ${path}`)
  }
}

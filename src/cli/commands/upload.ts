/** `reelqueue upload`: stores files. */
import type { Command } from 'commander'
import type { StoredFile } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { usageError } from '../cliError.ts'
import { examples } from '../parsers.ts'
import { createProgress } from '../terminal/progress.ts'
import { chooseTargets, isFile, uploadFile } from '../uploads.ts'

interface Options {
  to?: string
  resume?: string
}

export function addUpload(program: Command): void {
  program
    .command('upload')
    .argument('<files...>', 'files of this machine')
    .description('Store files; large ones in parts')
    .option('--to <path>', 'storage path; a folder if it ends in a slash (default: the name)')
    .option('--resume <uploadId>', 'continue an upload of one file that was interrupted')
    .addHelpText(
      'after',
      examples(
        'upload clip.mp4',
        'upload clip.mp4 --to videos/intro.mp4',
        'upload *.mov --to videos/2026/ --json',
      ),
    )
    .action(action(upload))
}

async function upload(context: Context, files: string[], { to, resume }: Options): Promise<void> {
  const missing = files.find((file) => !isFile(file))
  if (missing !== undefined) {
    throw usageError(`${missing} is not a file of this machine.`)
  }
  if (resume !== undefined && files.length > 1) {
    throw usageError('--resume is for one file.')
  }
  const { output } = context
  const progress = createProgress(output)
  const stored: StoredFile[] = []
  for (const target of chooseTargets(files, to)) {
    stored.push(await uploadFile(context, target, progress, resume))
  }
  progress.finish()
  output.show(stored, () => stored.map(({ filePath }) => filePath).join('\n'))
}

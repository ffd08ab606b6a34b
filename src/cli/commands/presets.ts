/** `reelqueue presets`: the named presets of a queue. */
import type { Command } from 'commander'
import type { Preset } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { examples, yesOption } from '../parsers.ts'
import { confirm } from '../terminal/prompts.ts'
import { renderTable } from '../terminal/table.ts'

interface Options {
  queue: string
}
const QUEUE = ['--queue <name>', 'queue of the preset', 'default'] as const

export function addPresets(program: Command): void {
  const presets = program
    .command('presets')
    .description('List, set and delete named presets')
    .addHelpText(
      'after',
      examples('presets', 'presets set card w_640,h_360,c_fill', 'submit clip.mp4 -t n_card'),
    )
  presets
    .command('list', { isDefault: true })
    .description('List the presets of a queue')
    .option(...QUEUE)
    .action(
      action(async ({ client, output, signal }: Context, { queue }: Options) => {
        const list = await client.presets.list(queue, { signal })
        output.show(list, () => renderPresets(list, output.colors.bold))
      }),
    )
  presets
    .command('set')
    .argument('<name>')
    .argument('<transformation>', 'such as w_640,q_60')
    .description('Create or change a preset')
    .option(...QUEUE)
    .action(
      action(async (context, name: string, transformation: string, { queue }: Options) => {
        const { client, output, signal } = context
        const preset = await client.presets.put(queue, name, transformation, { signal })
        output.show(preset, () => renderPresets([preset], output.colors.bold))
      }),
    )
  presets
    .command('delete')
    .argument('<name>')
    .description('Delete a preset; variants that were made with it stay')
    .option(...QUEUE)
    .addOption(yesOption())
    .action(
      action(async (context, name: string, options: Options & { yes?: boolean }) => {
        const { client, output, settings, signal } = context
        await confirm(`Delete the preset ${name} of ${options.queue} at ${settings.url}?`, options)
        const result = await client.presets.delete(options.queue, name, { signal })
        output.show(result, () => `Deleted ${name}`)
      }),
    )
}

function renderPresets(presets: readonly Preset[], heading: (text: string) => string): string {
  return presets.length === 0
    ? 'There are no presets in this queue.'
    : renderTable(
        presets,
        [
          { title: 'Name', value: ({ name }) => name },
          { title: 'Queue', value: ({ queue }) => queue },
          { title: 'Transformation', value: ({ transformation }) => transformation },
        ],
        heading,
      )
}

/** `reelqueue rules`: the rules that make jobs of the files that arrive in the bucket. */
import type { Command } from 'commander'
import type { Rule, RuleTest } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { bytes, collect, collectList, examples, integer, yesOption } from '../parsers.ts'
import { formatBytes, formatTime, NONE } from '../terminal/format.ts'
import type { Colors } from '../terminal/output.ts'
import { confirm } from '../terminal/prompts.ts'
import { renderTable } from '../terminal/table.ts'

interface AddOptions {
  prefix?: string
  suffix?: string[]
  minSize?: number
  maxSize?: number
  queue?: string
  transformation?: string[]
  priority?: number
  tag?: string[]
  disabled?: boolean
}

export function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('Make jobs of the files that arrive in the bucket')
    .addHelpText(
      'after',
      examples(
        'rules add films --prefix films/ --suffix .mp4,.mov -t h_720 -t f_hls',
        'rules test films/new.mov --size 2GB',
        'rules disable rule_…',
      ),
    )
  rules
    .command('list', { isDefault: true })
    .description('List the rules')
    .action(
      action(async ({ client, output, signal }: Context) => {
        const list = await client.rules.list({ signal })
        output.show(list, () => renderRules(list, output.colors))
      }),
    )
  rules
    .command('add')
    .argument('<name>')
    .description('Add a rule, for the files that arrive from now on')
    .option('--prefix <prefix>', 'beginning of the path, such as videos/')
    .option(
      '--suffix <suffixes>',
      'end of the path, such as .mp4; repeat it or use commas',
      collectList,
    )
    .option('--min-size <size>', 'minimum size of the file, such as 1MB', bytes)
    .option('--max-size <size>', 'maximum size of the file', bytes)
    .option('--queue <name>', 'queue of the jobs')
    .option('-t, --transformation <transformation>', 'such as w_640,q_60; repeat it', collect)
    .option('--priority <number>', 'the lowest number is claimed first', integer({ max: 100 }))
    .option('--tag <tag>', 'tag of the jobs; repeat it', collect)
    .option('--disabled', 'make no jobs until the rule is enabled')
    .action(action(add))
  rules
    .command('test')
    .argument('<path>', 'path of a file, which need not exist')
    .requiredOption('--size <size>', 'size of the file, such as 500MB', bytes)
    .description('Show the rules that match a file, and the jobs that they would make')
    .action(
      action(async (context, key: string, { size }: { size: number }) => {
        const { client, output, signal } = context
        const result = await client.rules.test({ key, size }, { signal })
        output.show(result, () => renderTest(result, output.colors))
      }),
    )
  rules
    .command('events')
    .description('Count the notifications of the bucket by what became of them')
    .action(
      action(async ({ client, output, signal }: Context) => {
        const events = await client.rules.events({ signal })
        output.show(events, () => renderEvents(events, output.colors))
      }),
    )
  for (const [name, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    rules
      .command(name)
      .argument('<ruleId>')
      .description(enabled ? 'Make jobs by a rule again' : 'Make no jobs by a rule')
      .action(
        action(async ({ client, output, signal }: Context, id: string) => {
          const rule = await client.rules.change(id, { enabled }, { signal })
          output.show(rule, () => renderRules([rule], output.colors))
        }),
      )
  }
  rules
    .command('remove')
    .argument('<ruleId>')
    .description('Remove a rule; the jobs that it made stay')
    .addOption(yesOption())
    .action(
      action(async (context, id: string, options: { yes?: boolean }) => {
        const { client, output, settings, signal } = context
        await confirm(`Remove the rule ${id} at ${settings.url}?`, options)
        const result = await client.rules.delete(id, { signal })
        output.show(result, () => `Removed ${id}`)
      }),
    )
}

async function add(context: Context, name: string, options: AddOptions): Promise<void> {
  const { client, output, signal } = context
  const { prefix, suffix, minSize, maxSize, queue, transformation, priority, tag } = options
  const rule = await client.rules.create(
    {
      name,
      ...(prefix !== undefined && { prefix }),
      ...(suffix !== undefined && { suffixes: suffix }),
      ...(minSize !== undefined && { minBytes: minSize }),
      ...(maxSize !== undefined && { maxBytes: maxSize }),
      ...(queue !== undefined && { queue }),
      ...(transformation !== undefined && { transformations: transformation }),
      ...(priority !== undefined && { priority }),
      ...(tag !== undefined && { tags: tag }),
      ...(options.disabled === true && { enabled: false }),
    },
    { signal },
  )
  output.show(rule, () => renderRules([rule], output.colors))
}

function renderRules(rules: readonly Rule[], colors: Colors): string {
  if (rules.length === 0) {
    return 'There are no rules.'
  }
  return renderTable(
    rules,
    [
      { title: 'Id', value: ({ id }) => id },
      { title: 'Name', value: ({ name }) => name },
      {
        title: 'State',
        value: ({ enabled, lastError }) =>
          enabled ? (lastError === null ? 'enabled' : 'enabled, last file failed') : 'disabled',
        style: ({ enabled, lastError }) => (enabled && lastError === null ? String : colors.red),
      },
      { title: 'Files', value: describeFiles },
      { title: 'Queue', value: ({ queue }) => queue },
      { title: 'Transformations', value: ({ transformations }) => transformations.join(' ') },
      { title: 'Jobs', value: ({ jobsCreated }) => String(jobsCreated) },
      { title: 'Last job', value: ({ lastJobAt }) => formatTime(lastJobAt) },
    ],
    colors.bold,
  )
}

function renderEvents(
  events: Awaited<ReturnType<Context['client']['rules']['events']>>,
  colors: Colors,
): string {
  if (events === null) {
    return 'A key with a restriction does not see them.'
  }
  return events.length === 0
    ? 'No notification has arrived.'
    : renderTable(
        events,
        [
          { title: 'Outcome', value: ({ outcome }) => outcome },
          { title: 'Count', value: ({ count }) => String(count) },
          { title: 'Last', value: ({ lastAt }) => formatTime(lastAt) },
        ],
        colors.bold,
      )
}

function describeFiles({ prefix, suffixes, minBytes, maxBytes }: Rule): string {
  const parts = [
    `${prefix}*${suffixes.join(',')}`,
    ...(minBytes === null ? [] : [`>=${formatBytes(minBytes)}`]),
    ...(maxBytes === null ? [] : [`<=${formatBytes(maxBytes)}`]),
  ]
  return parts.join(' ')
}

function renderTest({ ignored, matches }: RuleTest, colors: Colors): string {
  if (matches.length === 0) {
    return ignored ?? 'No rule matches.'
  }
  const lines = matches.flatMap(({ rule, jobs, error }) =>
    jobs.length === 0
      ? [{ rule, job: error ?? NONE, queue: rule.queue, priority: NONE }]
      : jobs.map(({ transformation, queue, priority }) => ({
          rule,
          job: transformation,
          queue,
          priority: String(priority),
        })),
  )
  return renderTable(
    lines,
    [
      { title: 'Rule', value: ({ rule }) => rule.name },
      { title: 'State', value: ({ rule }) => (rule.enabled ? 'enabled' : 'disabled') },
      { title: 'Job', value: ({ job }) => job },
      { title: 'Queue', value: ({ queue }) => queue },
      { title: 'Priority', value: ({ priority }) => priority },
    ],
    colors.bold,
  )
}

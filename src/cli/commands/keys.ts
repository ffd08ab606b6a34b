/** `reelqueue keys`: creates, lists, changes and deletes API keys. */
import type { Command } from 'commander'
import { type ApiKey, type Scope, SCOPES } from '../../client/index.ts'
import { action, type Context } from '../context.ts'
import { usageError } from '../cliError.ts'
import { bytes, collectList, examples, futureTime, integer, yesOption } from '../parsers.ts'
import { formatBytes, formatTime, NONE } from '../terminal/format.ts'
import { askChoices, canAsk, confirm } from '../terminal/prompts.ts'
import { renderTable } from '../terminal/table.ts'
import type { Colors } from '../terminal/output.ts'

interface Limits {
  expires?: string
  maxStreams?: number
  maxQueuedJobs?: number
  maxStoredBytes?: number
}
interface CreateOptions extends Limits {
  scope?: string[]
  queue?: string
  pathPrefix?: string
}

export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('Create, list, change and delete API keys')
    .addHelpText(
      'after',
      examples(
        'keys',
        'keys create upload-page --scope files:write --path-prefix uploads/ --expires 30d',
        'keys disable key_…',
      ),
    )
  keys
    .command('list', { isDefault: true })
    .description('List the API keys')
    .action(
      action(async ({ client, output, signal }: Context) => {
        const list = await client.apiKeys.list({ signal })
        output.show(list, () => renderKeys(list, output.colors))
      }),
    )
  addLimits(
    keys
      .command('create')
      .argument('<name>')
      .description('Create a key, and print it on stdout. Its scopes cannot be changed later')
      .option(
        '--scope <scopes>',
        `${Object.keys(SCOPES).join(', ')}; repeat it or use commas`,
        collectList,
      )
      .option('--queue <name>', 'the only queue that the key can see')
      .option('--path-prefix <folder>', 'the only folder that the key can see'),
  ).action(action(create))
  addLimits(
    keys
      .command('change')
      .argument('<keyId>')
      .description('Rename a key, or change its limits')
      .option('--name <name>', 'new name'),
  ).action(
    action(async (context, id: string, options: Limits & { name?: string }) => {
      const { name } = options
      const changes = { ...(name !== undefined && { name }), ...readLimits(options) }
      if (Object.keys(changes).length === 0) {
        throw usageError('Name what to change, such as --name or --expires 30d.')
      }
      await change(context, id, changes)
    }),
  )
  keys
    .command('disable')
    .argument('<keyId>')
    .description('Reject requests with a key')
    .action(action((context, id: string) => change(context, id, { disabled: true })))
  keys
    .command('enable')
    .argument('<keyId>')
    .description('Accept a disabled key again')
    .action(action((context, id: string) => change(context, id, { disabled: false })))
  keys
    .command('delete')
    .argument('<keyId>')
    .description('Delete a key with its rules, and its webhooks if it has a restriction')
    .addOption(yesOption())
    .action(
      action(async (context, id: string, options: { yes?: boolean }) => {
        const { client, output, settings, signal } = context
        await confirm(
          `Delete the API key ${id} at ${settings.url}? Its rules are deleted, and its webhooks if it has a restriction.`,
          options,
        )
        const result = await client.apiKeys.delete(id, { signal })
        output.show(result, () => `Deleted ${id}`)
      }),
    )
}

function addLimits(command: Command): Command {
  return command
    .option(
      '--expires <time>',
      'a period such as 30d, 12h or 15m, or a time in ISO 8601',
      futureTime,
    )
    .option('--max-streams <number>', 'maximum number of open event streams', integer({ min: 1 }))
    .option('--max-queued-jobs <number>', 'maximum number of its pending jobs', integer({ min: 1 }))
    .option('--max-stored-bytes <size>', 'storage quota, such as 5GB', bytes)
}

function readLimits({ expires, maxStreams, maxQueuedJobs, maxStoredBytes }: Limits) {
  return {
    ...(expires !== undefined && { expiresAt: expires }),
    ...(maxStreams !== undefined && { maxStreams }),
    ...(maxQueuedJobs !== undefined && { maxQueuedJobs }),
    ...(maxStoredBytes !== undefined && { maxStoredBytes }),
  }
}

async function create(context: Context, name: string, options: CreateOptions): Promise<void> {
  const { client, output, signal } = context
  const { queue, pathPrefix } = options
  const created = await client.apiKeys.create(
    {
      name,
      scopes: await chooseScopes(options.scope),
      ...(queue !== undefined && { queue }),
      ...(pathPrefix !== undefined && { pathPrefix }),
      ...readLimits(options),
    },
    { signal },
  )
  output.note(`Created ${created.id}. The key is shown only now:`)
  output.show(created, () => created.key)
}

async function chooseScopes(given: string[] | undefined): Promise<Scope[]> {
  const names = Object.keys(SCOPES) as Scope[]
  if (given === undefined) {
    if (!canAsk()) {
      throw usageError(`Pass --scope with one or more of ${names.join(', ')}.`)
    }
    return askChoices(
      'Scopes of the key',
      names.map((value) => ({ value, hint: SCOPES[value] })),
    )
  }
  const unknown = given.find((scope) => !names.includes(scope as Scope))
  if (unknown !== undefined) {
    throw usageError(`There is no scope "${unknown}". The scopes are ${names.join(', ')}.`)
  }
  return given as Scope[]
}

async function change(
  { client, output, signal }: Context,
  id: string,
  changes: Parameters<Context['client']['apiKeys']['change']>[1],
): Promise<void> {
  const key = await client.apiKeys.change(id, changes, { signal })
  output.show(key, () => renderKeys([key], output.colors))
}

function renderKeys(keys: readonly ApiKey[], colors: Colors): string {
  if (keys.length === 0) {
    return 'There is no API key besides the root key.'
  }
  return renderTable(
    keys,
    [
      { title: 'Id', value: ({ id }) => id },
      { title: 'Name', value: ({ name }) => name },
      {
        title: 'State',
        value: ({ disabled }) => (disabled ? 'disabled' : 'enabled'),
        style: ({ disabled }) => (disabled ? colors.red : String),
      },
      { title: 'Scopes', value: ({ scopes }) => scopes.join(',') },
      { title: 'Queue', value: ({ queue }) => queue ?? NONE },
      { title: 'Folder', value: ({ pathPrefix }) => pathPrefix ?? NONE },
      { title: 'Stored', value: ({ storedBytes }) => formatBytes(storedBytes) },
      { title: 'Expires', value: ({ expiresAt }) => formatTime(expiresAt) },
      { title: 'Last used', value: ({ lastUsedAt }) => formatTime(lastUsedAt) },
    ],
    colors.bold,
  )
}

/** `reelqueue login`, `logout` and `whoami`: the API key that commands use. */
import type { Command } from 'commander'
import { text } from 'node:stream/consumers'
import { ReelqueueError } from '../../client/index.ts'
import { findConfigFile, readConfig, writeConfig } from '../configFile.ts'
import { action, type Context, createInterruptibleClient } from '../context.ts'
import { CliError, EXIT, usageError } from '../cliError.ts'
import { examples } from '../parsers.ts'
import type { GlobalOptions } from '../settings.ts'
import { parseUrl } from '../settings.ts'
import { formatTime } from '../terminal/format.ts'
import { askSecret, askText, canAsk } from '../terminal/prompts.ts'
import { renderFields } from '../terminal/table.ts'

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('Store the address of a service and an API key for it')
    .addHelpText(
      'after',
      examples('login', 'login --url https://video.example.com', 'login --url https://… < key.txt'),
    )
    .action(action((context: Context) => login(context, program.opts<GlobalOptions>())))
}

async function login({ settings, output, signal }: Context, given: GlobalOptions): Promise<void> {
  const url =
    given.url !== undefined || !canAsk()
      ? settings.url
      : parseUrl(await askText('Address of the service', settings.url), 'the answer')
  const apiKey = given.apiKey ?? (await readSecret(url))
  const client = createInterruptibleClient({ url, apiKey }, signal)
  try {
    const { name, scopes } = await client.request('get', '/session', { signal })
    const path = findConfigFile(process.env)
    const config = readConfig(path)
    writeConfig(path, { ...config, url, apiKeys: { ...config.apiKeys, [url]: apiKey } })
    output.show(
      { url, name, scopes, path },
      () => `Signed in to ${url} as "${name}". Stored in ${path}`,
    )
  } catch (error) {
    if (error instanceof ReelqueueError && error.status === 401) {
      throw new CliError(`${url} rejected this API key. Nothing was stored.`, {
        exitCode: EXIT.notAllowed,
      })
    }
    throw error
  }
}

/** Asks for the key, or reads it from stdin. */
async function readSecret(url: string): Promise<string> {
  if (canAsk()) {
    return (await askSecret(`API key for ${url}`)).trim()
  }
  const apiKey = process.stdin.isTTY ? '' : (await text(process.stdin)).trim()
  if (apiKey === '') {
    throw usageError('There is no API key on stdin.', 'Pass it: reelqueue login < key.txt')
  }
  return apiKey
}

export function addLogout(program: Command): void {
  program
    .command('logout')
    .description('Delete the stored API key of a service')
    .addHelpText('after', examples('logout', 'logout --url https://video.example.com'))
    .action(
      action(({ settings, output }: Context) => {
        const { url } = settings
        const path = findConfigFile(process.env)
        const { apiKeys, ...config } = readConfig(path)
        if (apiKeys[url] === undefined) {
          throw new CliError(`${path} has no API key of ${url}.`)
        }
        const { [url]: _, ...others } = apiKeys
        const { url: defaultUrl, ...rest } = config
        writeConfig(path, {
          ...rest,
          ...(defaultUrl !== undefined && defaultUrl !== url && { url: defaultUrl }),
          apiKeys: others,
        })
        output.show({ url, path }, () => `Deleted the API key of ${url} from ${path}`)
      }),
    )
}

export function addWhoami(program: Command): void {
  program
    .command('whoami')
    .description('Show the service, the API key and what it may do')
    .addHelpText('after', examples('whoami', 'whoami --json'))
    .action(
      action(async ({ client, settings, output, signal }: Context) => {
        const { url, urlSource, keySource } = settings
        const caller = await client.request('get', '/session', { signal })
        output.show({ url, urlSource, keySource, ...caller }, () =>
          renderFields(
            [
              ['Service', `${url} (from ${urlSource})`],
              ['API key', `${caller.name} (${caller.keyId}, from ${keySource})`],
              ['Scopes', caller.scopes.join(', ')],
              ['Queue', caller.queue],
              ['Folder', caller.pathPrefix],
              ['Expires', caller.expiresAt && formatTime(caller.expiresAt)],
            ],
            output.colors.dim,
          ),
        )
      }),
    )
}

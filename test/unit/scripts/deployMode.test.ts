import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  findBindingsProblem,
  findEnvironmentProblem,
  readDeployMode,
} from '../../../scripts/deployMode.ts'

describe('npm run deploy', () => {
  it.each<[string, Record<string, string>]>([
    ['--dry-run', {}],
    ['--dryRun', {}],
    ['--dry-run=true', {}],
    ['--dry-run true', {}],
    ['--no-dry-run=false', {}],
    // `npm run deploy --dry-run`, without the `--` that passes options on.
    ['', { npm_config_dry_run: 'true' }],
  ])('with %j and %j is a dry run, also for wrangler', (args, env) => {
    const list = `${args} --outdir out`.trim().split(' ')
    expect(readDeployMode(list, env)).toMatchObject({
      mode: 'dry-run',
      wranglerArgs: ['--outdir', 'out', '--dry-run'],
    })
  })

  it.each(['', '--dry-run=false', '--dry-run false', '--no-dry-run'])('with %j deploys', (args) => {
    const list = `${args} --outdir out`.trim().split(' ')
    expect(readDeployMode(list, {})).toMatchObject({
      mode: 'deploy',
      wranglerArgs: ['--outdir', 'out'],
    })
  })

  it.each(['--help', '-h', '--version', '-v'])('with %s only prints', (option) => {
    expect(readDeployMode([option], {})).toMatchObject({
      mode: 'print',
      wranglerArgs: [option],
      globalArgs: [],
    })
  })

  it.each<[string[], Record<string, string>, string | null]>([
    [['--env', 'staging'], {}, 'staging'],
    [['--env=staging'], {}, 'staging'],
    [['-e', 'staging'], {}, 'staging'],
    [['-e=staging'], { CLOUDFLARE_ENV: 'other' }, 'staging'],
    [[], { CLOUDFLARE_ENV: 'staging' }, 'staging'],
    [['--env='], { CLOUDFLARE_ENV: 'staging' }, null],
    [['--env', ''], { CLOUDFLARE_ENV: 'staging' }, null],
    // The option is also given for the top level: wrangler would read CLOUDFLARE_ENV from .env.
    [[], {}, null],
  ])('with %j and %j uses the environment %j in every command', (args, env, environment) => {
    expect(readDeployMode([...args, '--outdir', 'out'], env)).toEqual({
      mode: 'deploy',
      wranglerArgs: ['--outdir', 'out'],
      globalArgs: [`--env=${environment ?? ''}`],
      config: null,
      environment,
      workerName: null,
      problem: null,
    })
  })

  it('gives options that select the account or the configuration to every command', () => {
    const args = ['-c', 'other.toml', '--profile=work', '--name', 'other', '--env-file', 'a']
    expect(readDeployMode([...args, '--env-file=b'], {})).toEqual({
      mode: 'deploy',
      wranglerArgs: ['--name', 'other'],
      globalArgs: ['--profile', 'work', '--env-file', 'a', '--env-file', 'b', '--env='],
      config: resolve('other.toml'),
      environment: null,
      workerName: 'other',
      problem: null,
    })
  })

  it('reads the path of the configuration from the folder of --cwd, like wrangler', () => {
    const read = (config: string) => readDeployMode(['--config', config, '--cwd', 'sub'], {}).config
    expect(read('other.toml')).toBe(resolve('sub/other.toml'))
    expect(read('/other.toml')).toBe(resolve('/other.toml'))
  })

  it.each(['--env', '-e', '--config', '-c', '--profile', '--cwd', '--env-file', '--name'])(
    'rejects %s without a value',
    (option) => {
      // A variable of the shell that is not set leaves nothing, or an empty argument.
      const isEnvironment = option === '--env' || option === '-e'
      const empty = isEnvironment ? [] : [[option, ''], [`${option}=`]]
      for (const args of [
        [option],
        [option, '--outdir', 'out'],
        [option, '--dry-run', 'a'],
        ...empty,
      ]) {
        expect(readDeployMode(args, {}).problem).toContain(`${option} has no value.`)
      }
    },
  )

  it('rejects two environments, as wrangler does', () => {
    const { problem } = readDeployMode(['--env', 'staging', '-e', 'production'], {})
    expect(problem).toBe('--env is given more than once.')
  })

  // `npm run deploy --env=staging`, without the `--` that passes options on.
  it.each([
    ['--env', { npm_config_env: 'staging' }],
    ['--env', { npm_config_env: '' }],
    ['--config', { npm_config_config: 'true' }],
    ['--profile', { npm_config_profile: 'true' }],
    ['--name', { npm_config_name: 'other' }],
    ['--env-file', { npm_config_env_file: 'a' }],
    ['-c', { npm_config_call: 'other.toml' }],
  ])('rejects %s that npm took for itself: %j', (option, env) => {
    expect(readDeployMode([], env).problem).toContain(`npm run deploy -- ${option} <value>`)
  })

  it('accepts the variables that npm and npx set by themselves', () => {
    const env = { npm_config_call: 'npm run deploy -- -c other.toml', npm_config_prefix: '/usr' }
    expect(readDeployMode([], env).problem).toBeNull()
  })

  it('rejects an environment that is not configured', () => {
    const find = (name: string | null) => findEnvironmentProblem(name, ['staging', 'production'])
    expect(find(null)).toBeNull()
    expect(find('staging')).toBeNull()
    expect(find('test')).toContain('no environment "test" (its environments: staging, production)')
  })

  describe('requires bindings', () => {
    const bind = (...names: string[]) => names.map((binding) => ({ binding }))
    const topLevel = {
      d1_databases: bind('DB'),
      r2_buckets: bind('ORIGINALS', 'VARIANTS'),
      queues: { producers: bind('TICKETS'), consumers: [{}] },
    }
    const nothing = { d1_databases: [], r2_buckets: [], queues: {} }

    it('with the names of the top level in an environment', () => {
      expect(findBindingsProblem('staging', topLevel, topLevel)).toBeNull()
      const partial = {
        d1_databases: bind('STAGING_DB'),
        r2_buckets: bind('ORIGINALS'),
        queues: { consumers: [{}] },
      }
      expect(findBindingsProblem('staging', partial, topLevel)).toBe(
        'The configuration of wrangler has no [[env.staging.d1_databases]] with binding = "DB", ' +
          '[[env.staging.r2_buckets]] with binding = "VARIANTS", ' +
          '[[env.staging.queues.producers]] with binding = "TICKETS". ' +
          'An environment does not inherit them: repeat them in it, with resources of its own.',
      )
      // The top level of a configuration may be empty.
      expect(findBindingsProblem('staging', nothing, nothing)).toContain(
        '[[env.staging.d1_databases]], [[env.staging.r2_buckets]]',
      )
    })

    it('of each kind at the top level', () => {
      expect(findBindingsProblem(null, nothing, nothing)).toBe(
        'The configuration of wrangler has no [[d1_databases]], [[r2_buckets]], [[queues.producers]], [[queues.consumers]].',
      )
    })
  })
})

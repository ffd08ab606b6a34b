import { describe, expect, it } from 'vitest'
import { findProblem, readDeployMode } from '../../../scripts/deployMode.ts'

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
    expect(readDeployMode([option], {})).toMatchObject({ mode: 'print', wranglerArgs: [option] })
  })

  it.each<[string, Record<string, string>, string | null, string[]]>([
    ['--env staging', {}, 'staging', ['--env', 'staging']],
    ['--env=staging', {}, 'staging', ['--env', 'staging']],
    ['-e staging', {}, 'staging', ['--env', 'staging']],
    ['-e=staging', { CLOUDFLARE_ENV: 'other' }, 'staging', ['--env', 'staging']],
    ['', { CLOUDFLARE_ENV: 'staging' }, 'staging', []],
    ['--env=', { CLOUDFLARE_ENV: 'staging' }, null, ['--env', '']],
    ['', {}, null, []],
  ])('with %j and %j uses the environment %j', (args, env, environment, globalArgs) => {
    const list = `${args} --outdir out`.trim().split(' ')
    expect(readDeployMode(list, env)).toEqual({
      mode: 'deploy',
      wranglerArgs: ['--outdir', 'out'],
      globalArgs,
      config: null,
      environment,
      workerName: null,
    })
  })

  it('gives options that select the account or the configuration to every command', () => {
    const args = ['-c', 'other.toml', '--profile=work', '--name', 'other', '--env-file', 'a']
    expect(readDeployMode(args, {})).toEqual({
      mode: 'deploy',
      wranglerArgs: ['--name', 'other'],
      globalArgs: ['--profile', 'work', '--env-file', 'a'],
      config: 'other.toml',
      environment: null,
      workerName: 'other',
    })
  })

  it('rejects an environment that is not configured, and one that npm took for itself', () => {
    const find = (environment: string | null, env = {}) =>
      findProblem({ environment }, ['staging', 'production'], env)
    expect(find(null)).toBeNull()
    expect(find('staging')).toBeNull()
    expect(find('test')).toContain('no environment "test" (its environments: staging, production)')
    // `npm run deploy --env=staging`, without the `--` that passes options on.
    expect(find(null, { npm_config_env: 'staging' })).toContain('npm run deploy -- --env <name>')
  })
})

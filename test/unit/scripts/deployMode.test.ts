import { describe, expect, it } from 'vitest'
import { readDeployMode } from '../../../scripts/deployMode.ts'

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
    expect(readDeployMode(list, env)).toEqual({
      mode: 'dry-run',
      wranglerArgs: ['--outdir', 'out', '--dry-run'],
    })
  })

  it.each(['', '--dry-run=false', '--dry-run false', '--no-dry-run'])('with %j deploys', (args) => {
    const list = `${args} --outdir out`.trim().split(' ')
    expect(readDeployMode(list, {})).toEqual({
      mode: 'deploy',
      wranglerArgs: ['--outdir', 'out'],
    })
  })

  it.each(['--help', '-h', '--version', '-v'])('with %s only prints', (option) => {
    expect(readDeployMode([option], {})).toEqual({ mode: 'print', wranglerArgs: [option] })
  })
})

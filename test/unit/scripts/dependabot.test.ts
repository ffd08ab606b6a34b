/** Packages that have to change together are updated by one pull request of Dependabot. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const CONFIG = readFileSync(join(ROOT, '.github/dependabot.yml'), 'utf8')

interface Package {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

function listWords(list: string): string[] {
  return [...list.matchAll(/'([^']*)'/g)].map(([, word]) => word!)
}

function readList(name: string): string[] {
  return listWords(new RegExp(String.raw`\n +${name}: \[(.*)\]`).exec(CONFIG)![1]!)
}

/** Direct dependencies that are made for one version of workerd. */
function listWorkerdPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Package>
  }
  const { '': project, ...installed } = lock.packages
  return Object.keys({ ...project!.dependencies, ...project!.devDependencies }).filter((name) => {
    const needs = Object.keys(installed[`node_modules/${name}`]?.dependencies ?? {})
    return needs.some((need) => ['workerd', 'miniflare', 'wrangler'].includes(need))
  })
}

it('groups every package that is made for one version of workerd', () => {
  const packages = listWorkerdPackages()
  expect(packages).toEqual(expect.arrayContaining(['miniflare', 'wrangler']))
  const patterns = readList('patterns').map((pattern) => pattern.replace('*', ''))
  const isGrouped = (name: string) => patterns.some((pattern) => name.startsWith(pattern))
  expect(packages.filter((name) => !isGrouped(name))).toEqual([])
})

it('keeps these packages out of the group of tools', () => {
  expect(readList('exclude-patterns')).toEqual(readList('patterns'))
})

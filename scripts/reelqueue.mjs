#!/usr/bin/env node
/**
 * `npx reelqueue` in a clone: builds the command line, which takes a tenth of a second, and runs it.
 * The published package has the built program only.
 */
import { pathToFileURL } from 'node:url'
import { installMissing } from './setup.mjs'

installMissing()
// Only now, because the module needs packages.
const { buildCli } = await import('./cli.mjs')
await import(pathToFileURL(await buildCli()).href)

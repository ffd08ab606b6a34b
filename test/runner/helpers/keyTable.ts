/** The table of docs/media.md, which the tests walk: what is documented there is what there is. */
import { readFileSync } from 'node:fs'

export interface Row {
  key: string
  values: string
  example: string
}

const page = readFileSync(new URL('../../../docs/media.md', import.meta.url), 'utf8')
const ROW = /^\| `([a-z]+)` +\| (.+?) +\| `([^`]+)` +\| .+ \|$/gm

/** Every row of the table of keys, as it stands there. */
export const rows: Row[] = [...page.matchAll(ROW)].map(([, key, values, example]) => ({
  key: key!,
  values: values!,
  example: example!,
}))

/** The fields of requests, as the OpenAPI document describes them. */
import { client } from './api.ts'

export interface Schema {
  type?: string
  enum?: string[]
  minimum?: number
  maximum?: number
  description?: string
}
type Schemas = Record<string, { properties: Record<string, Schema> }>

let loading: Promise<Schemas> | null = null

/** The document is loaded once. */
async function loadSchemas(): Promise<Schemas> {
  const response = await client.send('GET', '/openapi.json')
  return ((await response.json()) as { components: { schemas: Schemas } }).components.schemas
}

/** Returns the fields of a schema of the document, in its order. */
export async function loadFields(name: string): Promise<[string, Schema][]> {
  loading ??= loadSchemas().catch((error: unknown) => {
    loading = null
    throw error
  })
  return Object.entries((await loading)[name]!.properties)
}

/** Writes `chunkSeconds` as "Chunk seconds". */
export function writeFieldName(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words[0]!.toUpperCase() + words.slice(1)
}

/** Sessions of browsers that signed in with an API key. */
import { z } from 'zod'
import { scope } from './apiKey.ts'

export const startSession = z.strictObject({
  apiKey: z.string().min(1).max(500).describe('The API key. It is not returned'),
})

export const session = z
  .object({
    keyId: z.string().describe('Id of the API key; "root" for the root key'),
    name: z.string().describe('Name of the API key'),
    scopes: z.array(scope),
    queue: z.string().nullable().describe('The only queue that the key can see; null for all'),
    pathPrefix: z
      .string()
      .nullable()
      .describe('The only folder that the key can see; null for all'),
    expiresAt: z.iso
      .datetime({ precision: 3 })
      .nullable()
      .describe('Time at which the session or, without a session, the key expires; null for never'),
  })
  .meta({ id: 'Session' })

/** The receiver that a request for jobs names (`webhookUrl`). */
import { DEFAULT_WEBHOOK_TYPES } from '../../contract/webhook.ts'
import type { JobReceiver } from '../../db/webhooks.ts'
import { type Caller, chargedKeyId } from '../../domain/caller.ts'
import { sha256Hex } from '../../domain/digest.ts'
import { errorResult, type ErrorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { findUrlError, toEventTypes } from './endpoints.ts'

const ID_CHARACTERS = 32

/** Returns the receiver, or an error if nothing may be sent to its URL. */
export async function findJobReceiver(
  platform: Platform,
  caller: Pick<Caller, 'keyId'>,
  url: string,
): Promise<{ ok: true; receiver: JobReceiver } | ErrorResult<'invalid_request'>> {
  if (platform.signingKeys().length === 0) {
    return errorResult('invalid_request', 'webhookUrl needs the secret SIGNING_KEYS or API_KEY.')
  }
  const urlError = await findUrlError(platform, url)
  if (urlError) {
    return urlError
  }
  const { origin } = new URL(url)
  const apiKeyId = chargedKeyId(caller)
  // The failures of an origin are counted for each key, because each has a secret of its own.
  const hash = await sha256Hex(JSON.stringify([origin, apiKeyId]))
  return {
    ok: true,
    receiver: {
      endpointId: `wh_${hash.slice(0, ID_CHARACTERS)}`,
      url,
      origin,
      apiKeyId,
      types: toEventTypes(DEFAULT_WEBHOOK_TYPES),
    },
  }
}

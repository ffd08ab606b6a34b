/**
 * Cursors of lists. A cursor is the position of a page, sealed: the position in the list of jobs,
 * for example, would show how many jobs the service has had, including those that the caller cannot
 * see.
 */
import type { Context } from 'hono'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { openSealedText, sealText } from '../domain/sealedText.ts'
import type { ApiEnv } from './apiEnv.ts'

/** Shorter positions are padded to this length, because a sealed text shows its length. */
const POSITION_LENGTH = 16

const notConfigured = errorResult(
  'not_configured',
  'A list of several pages needs cursors, and neither SIGNING_KEYS nor API_KEY is set.',
)

/** @param list name of the list; its cursors are not accepted by other lists */
export async function writeCursor(
  c: Context<ApiEnv>,
  list: string,
  position: string | null,
): Promise<{ ok: true; cursor: string | null } | ErrorResult<'not_configured'>> {
  if (position === null) {
    return { ok: true, cursor: null }
  }
  const { signingKeys } = c.get('platform').settings
  if (signingKeys.length === 0) {
    return notConfigured
  }
  const text = position.padStart(POSITION_LENGTH)
  return { ok: true, cursor: await sealText(signingKeys, `cursor of ${list}`, text) }
}

/** Returns the position of a cursor; undefined if there is no cursor. */
export async function readCursor(
  c: Context<ApiEnv>,
  list: string,
  cursor: string | undefined,
): Promise<{ ok: true; position: string | undefined } | ErrorResult<'invalid_request'>> {
  if (cursor === undefined) {
    return { ok: true, position: undefined }
  }
  const { signingKeys } = c.get('platform').settings
  const text = await openSealedText(signingKeys, `cursor of ${list}`, cursor)
  return text === null
    ? errorResult(
        'invalid_request',
        'cursor must be the nextCursor of the previous page, unchanged.',
      )
    : { ok: true, position: text.trimStart() }
}

/** One file of a package. Under a signature its playlists hand the signature on to what they name. */
import type { Context } from 'hono'
import { findFileType, OCTET_STREAM } from '../../contract/fileTypes.ts'
import { isPlaylist, namesFiles, withQuery } from '../../domain/playlistQuery.ts'
import type { ApiEnv } from '../router.ts'
import { type Delivery, headersOf, namesTag, serveObject } from './objectResponse.ts'

interface Member {
  member: string
  /** The package is still being made. */
  live: boolean
  signed: boolean
  cacheControl: string
}

export function serveMember(
  c: Context<ApiEnv>,
  key: string,
  { member, live, signed, cacheControl }: Member,
): Promise<Response | null> {
  const delivery = {
    contentType: findFileType(member)?.contentType ?? OCTET_STREAM,
    // It grows: each look is at the one that is there now.
    cacheControl: live && isPlaylist(member) ? 'no-cache' : cacheControl,
  }
  return signed && namesFiles(member)
    ? serveSigned(c, key, member, delivery)
    : serveObject(c, c.env.VARIANTS, key, delivery)
}

/** It is held in memory; a playlist of a day in segments of 2 s has a tenth of that. */
const MAX_REWRITTEN = 16 * 1024 * 1024

/** Whole, as its text is another than what is stored; the tag is good, since the URL has the query too. */
async function serveSigned(c: Context<ApiEnv>, key: string, member: string, delivery: Delivery) {
  const object = await c.env.VARIANTS.get(key)
  if (!object) {
    return null
  }
  if (object.size > MAX_REWRITTEN) {
    throw new Error(`${member} has ${object.size} bytes`)
  }
  const headers = headersOf(object, delivery)
  headers.delete('Accept-Ranges')
  const request = c.req.raw
  if (namesTag(request.headers.get('If-None-Match'), object.httpEtag)) {
    await object.body.cancel()
    return new Response(null, { status: 304, headers })
  }
  const text = withQuery(member, await object.text(), new URL(c.req.url).search.slice(1))
  const bytes = new TextEncoder().encode(text)
  headers.set('Content-Length', String(bytes.length))
  return new Response(request.method === 'HEAD' ? null : bytes, { headers })
}

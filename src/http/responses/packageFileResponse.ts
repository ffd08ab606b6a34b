/** Serves one file of a package. */
import type { Context } from 'hono'
import { findFileType, OCTET_STREAM } from '../../contract/fileTypes.ts'
import { isPlaylist, containsFileNames, addQuery } from '../../domain/playlistQuery.ts'
import type { ObjectStore } from '../../storage/objectStore.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { conditionalResponse, type Delivery, objectHeaders, serveObject } from './objectResponse.ts'

interface PackageFile {
  name: string
  /** The attempt still adds files to the package. */
  isGrowing: boolean
  /** The request's URL is signed. */
  isSigned: boolean
  cacheControl: string
}

/** Responds with the file under `key`. Returns null if there is none. */
export function servePackageFile(
  c: Context<ApiEnv>,
  key: string,
  { name, isGrowing, isSigned, cacheControl }: PackageFile,
): Promise<Response | null> {
  const store = c.get('platform').variants
  const delivery = {
    contentType: findFileType(name)?.contentType ?? OCTET_STREAM,
    // Players poll the playlist of a growing package, and need its latest version.
    cacheControl: isGrowing && isPlaylist(name) ? 'no-cache' : cacheControl,
  }
  return isSigned && containsFileNames(name)
    ? serveSignedPlaylist(c, store, { key, name, delivery })
    : serveObject(c, store, key, delivery)
}

/**
 * Maximum size of a stored playlist, which is rewritten in memory. A playlist of 24 hours with
 * segments of 2 s has about 1.4 MiB.
 */
const MAX_REWRITTEN_BYTES = 16 * 1024 * 1024

/**
 * Serves a playlist, manifest or storyboard index. Adds the query of the request, with its
 * signature, to the file names in it, so that players can read these files. The etag is that of the
 * stored file: the response depends only on the stored file and the query.
 */
async function serveSignedPlaylist(
  c: Context<ApiEnv>,
  store: ObjectStore,
  { key, name, delivery }: { key: string; name: string; delivery: Delivery },
) {
  const found = await store.get(key)
  if (!found.ok) {
    return null
  }
  const { object, body } = found
  if (object.sizeBytes > MAX_REWRITTEN_BYTES) {
    throw new Error(
      `the playlist ${key} has ${object.sizeBytes} bytes; the maximum is ${MAX_REWRITTEN_BYTES}`,
    )
  }
  const conditional = conditionalResponse(c, object, delivery)
  if (conditional) {
    await body.cancel()
    return conditional
  }
  const headers = objectHeaders(object, delivery)
  headers.delete('Accept-Ranges')
  const text = await new Response(body).text()
  const signed = addQuery(name, text, new URL(c.req.url).search.slice(1))
  const bytes = new TextEncoder().encode(signed)
  headers.set('Content-Length', String(bytes.length))
  return new Response(c.req.method === 'HEAD' ? null : bytes, { headers })
}

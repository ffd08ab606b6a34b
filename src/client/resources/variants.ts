/** Variants of files: `client.variants`, and probes. */
import type { WatchOptions } from '../follow.ts'
import { encodePath, type Http, writeQuery } from '../http.ts'
import type { CallOptions, VariantOptions } from '../options.ts'
import { type TransformationInput, writeTransformation } from '../transformation.ts'
import type { Probe } from '../types.ts'
import { watchVideo } from '../watchVideo.ts'

export function createVariantMethods(http: Http) {
  const { base, request } = http
  return {
    /** URL of a variant; without a transformation, of the original. */
    url: (
      filePath: string,
      transformation: TransformationInput | null = null,
      query: VariantOptions = {},
    ) => `${base}/t/${encodePath(variantPath(filePath, transformation))}${writeQuery(query)}`,
    /** Status of the newest job of a file, or of a variant of it. */
    status: (
      filePath: string,
      transformation: TransformationInput | null = null,
      { signal, ...query }: CallOptions & VariantOptions = {},
    ) =>
      request('get', '/video-status/{path}', {
        path: { path: variantPath(filePath, transformation) },
        query,
        signal,
      }),
    /** Yields the status now and after each change, until the job has ended; null without a job. */
    watch: (
      filePath: string,
      transformation: TransformationInput | null = null,
      { queue, ...watch }: WatchOptions & VariantOptions = {},
    ) => watchVideo(http, { filePath, path: variantPath(filePath, transformation), queue }, watch),
    /** Size in bytes of a variant that is ready. */
    async size(
      filePath: string,
      transformation: TransformationInput,
      { signal, ...query }: CallOptions & VariantOptions = {},
    ): Promise<number> {
      const path = { path: variantPath(filePath, transformation) }
      return (await request('get', '/video-status/{path}/size', { path, query, signal })).size
    },
  }
}

/** Describes a stored file. Waits until the runner has read it. */
export async function probeFile(
  { request }: Http,
  filePath: string,
  { queue, signal }: CallOptions & VariantOptions,
): Promise<Probe> {
  const body = { filePath, ...(queue !== undefined && { queue }) }
  for (;;) {
    // The service waits for the end of the probe, and returns its job after 20 seconds.
    const result = await request('post', '/probe', { body, signal })
    if ('streams' in result) {
      return result
    }
  }
}

function variantPath(filePath: string, transformation: TransformationInput | null): string {
  const text = transformation === null ? '' : writeTransformation(transformation)
  return text === '' ? filePath : `${text}/${filePath}`
}

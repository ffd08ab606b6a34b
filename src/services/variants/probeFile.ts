/**
 * Requests and reads probe documents, which describe stored files. A probe document is stored and
 * reused like any variant.
 */
import { MAX_PROBE_BYTES, PROBE, type ProbeDocument } from '../../contract/probe.ts'
import type { Caller } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { missingScopeError } from '../apiKeys/accessErrors.ts'
import type { Platform } from '../ports.ts'
import { requestVariant } from './requestVariant.ts'

/** Finds the probe document of a file, or creates its job if the caller may create jobs. */
export function requestProbe(
  platform: Platform,
  caller: Caller,
  request: { filePath: string; queue?: string | undefined },
) {
  return requestVariant(
    platform,
    caller,
    { ...request, variant: PROBE },
    async () => missingScopeError(caller, 'jobs:write') ?? { ok: true },
  )
}

/** Reads a finished probe document from the store. */
export async function readProbe(
  { variants }: Platform,
  outputKey: string,
): Promise<{ ok: true; document: ProbeDocument } | ErrorResult<'file_not_found'>> {
  const found = await variants.get(outputKey)
  if (!found.ok) {
    return errorResult(
      'file_not_found',
      'The probe document was just deleted. Send the request again.',
    )
  }
  const { sizeBytes } = found.object
  if (sizeBytes > MAX_PROBE_BYTES) {
    throw new Error(
      `the probe ${outputKey} has ${sizeBytes} bytes; the maximum is ${MAX_PROBE_BYTES}`,
    )
  }
  return { ok: true, document: await new Response(found.body).json<ProbeDocument>() }
}

/** Tests which errors of a destination are temporary, so that the export is tried again. */
import { expect, it } from 'vitest'
import { DestinationError, describeFailure } from '../../../src/services/exports/exportErrors.ts'
import { S3Error } from '../../../src/storage/s3/client.ts'

it.each([
  ['a completion that failed after its status was sent', 200, 'InternalError', true],
  ['a connection that was too slow', 400, 'RequestTimeout', true],
  ['a body that was cut', 400, 'IncompleteBody', true],
  ['too many requests', 429, 'TooManyRequests', true],
  ['an overloaded service', 503, 'SlowDown', true],
  ['a bucket that does not exist', 404, 'NoSuchBucket', false],
  ['a wrong signature', 403, 'SignatureDoesNotMatch', false],
  ['a malformed request', 400, 'InvalidArgument', false],
])('%s: %i %s', (_, status, code, isTemporary) => {
  const error = new DestinationError(new S3Error('PUT bucket/key', status, code))
  const failure = describeFailure({ credential: 'renders', bucket: 'videos' }, error)
  expect(failure).toMatchObject({
    isTemporary,
    code: isTemporary ? 'export_unavailable' : 'export_refused',
    message: expect.stringContaining(`(${status} ${code})`),
  })
})

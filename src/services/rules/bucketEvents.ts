/**
 * Handles notifications of the bucket. They arrive late, twice, in any order, or never, so they only say
 * that a file may have changed: what is done depends on the object that is stored now.
 */
import {
  bucketEvent,
  type BucketEvent,
  DELETING_ACTIONS,
  STORING_ACTIONS,
} from '../../contract/bucketEvent.ts'
import { readExtension } from '../../contract/fileTypes.ts'
import type { BucketEventOutcome } from '../../contract/rule.ts'
import { storagePath } from '../../contract/storagePath.ts'
import type { RuleRow } from '../../db/rows.ts'
import { recordDeletedFile, recordStoredFile } from '../files/files.ts'
import type { Platform } from '../ports.ts'
import { applyRules } from './applyRules.ts'

/**
 * Handles one notification. It can be called again for the same one.
 *
 * @param originalsBucket name of the bucket of the originals
 * @param readRules reads the enabled rules
 * @throws Error if the notification has to be tried again
 */
export async function handleBucketEvent(
  platform: Platform,
  body: unknown,
  originalsBucket: string,
  readRules: () => Promise<RuleRow[]>,
): Promise<BucketEventOutcome> {
  const { success, data: event, error } = bucketEvent.safeParse(body)
  if (!success) {
    const { path, message } = error.issues[0]!
    throw new Error(`The message is not a notification of R2: ${path.join('.')}: ${message}`)
  }
  if (event.bucket !== originalsBucket) {
    return 'other_bucket'
  }
  const { key } = event.object
  // Other objects cannot be reached by the API.
  if (storagePath.safeParse(key).data !== key || readExtension(key) === null) {
    return 'other_file'
  }
  if (DELETING_ACTIONS.includes(event.action)) {
    const keepsVariants = event.action === 'LifecycleDeletion'
    return (await recordDeletedFile(platform, key, keepsVariants)) ? 'deleted' : 'outdated'
  }
  return STORING_ACTIONS.includes(event.action)
    ? handleStored(platform, event, readRules)
    : 'other_action'
}

async function handleStored(
  platform: Platform,
  { object: { key, eTag } }: BucketEvent,
  readRules: () => Promise<RuleRow[]>,
): Promise<BucketEventOutcome> {
  const object = await platform.originals.head(key)
  if (!object || (eTag !== undefined && eTag.replaceAll('"', '') !== object.etag)) {
    return 'outdated'
  }
  await recordStoredFile(platform, object)
  return applyRules(platform, await readRules(), object)
}

/** Reads tus uploads. */
import { findTusUpload, type TusUpload } from '../../db/tusUploads.ts'
import { canSeePath, type Restriction } from '../../domain/caller.ts'
import { type UploadNotFound, uploadNotFound } from '../files/multipartUploads.ts'
import type { Platform } from '../ports.ts'

export type { TusUpload } from '../../db/tusUploads.ts'

export async function findVisibleTusUpload(
  { db }: Platform,
  restriction: Restriction,
  id: string,
): Promise<({ ok: true } & TusUpload) | UploadNotFound> {
  const found = await findTusUpload(db, id)
  return found && canSeePath(restriction, found.upload.filePath)
    ? { ok: true, ...found }
    : uploadNotFound(id)
}

/** Finds tracks of streams that a new stream of the same original can copy instead of encoding them. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

interface StreamOfFile {
  packageKey: string
  tracks: string
}

/** At most this many streams of the original are compared. */
const MAX_STREAMS = 50

/**
 * Returns the package of each track that another variant has: of the same bytes of the original and of
 * the reference files, made in the queue of the job, and with the same key.
 *
 * @param trackKeys keys of the tracks of the job, by their names
 */
export async function findReusableTracks(
  db: Database,
  jobId: string,
  trackKeys: Record<string, string>,
): Promise<Record<string, string>> {
  const rows = await db.all<StreamOfFile>(sql`
    SELECT variants.output_key AS packageKey, variants.tracks
    FROM jobs JOIN variants USING (file_path)
    WHERE jobs.id = ${jobId} AND variants.tracks IS NOT NULL
      AND variants.source_etag = jobs.source_etag
      AND variants.reference_files = jobs.reference_files
      AND EXISTS (
        SELECT 1 FROM variant_queues AS made
        WHERE made.file_path = variants.file_path AND made.transformation = variants.transformation
          AND made.queue = jobs.queue)
    LIMIT ${MAX_STREAMS}`)
  const found: Record<string, string> = {}
  for (const { packageKey, tracks } of rows) {
    const keys = JSON.parse(tracks) as Record<string, string>
    for (const [name, key] of Object.entries(trackKeys)) {
      if (keys[name] === key) {
        found[name] ??= packageKey
      }
    }
  }
  return found
}

/** Downloads of variants. */
import { createWriteStream, mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { WatchedJob } from '../client/index.ts'
import type { Context } from './context.ts'
import { CliError } from './cliError.ts'

/** Extensions that are not the second half of the media type. */
const EXTENSIONS: Record<string, string> = {
  jpeg: 'jpg',
  mpeg: 'mp3',
  quicktime: 'mov',
  'x-matroska': 'mkv',
  'x-wav': 'wav',
}
/** Leaves room for the name of the original within the 255 bytes of a file name. */
const MAX_VARIANT_CHARACTERS = 100

/** @throws CliError if the folder cannot be created */
export function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new CliError(
      `The folder for the downloads cannot be created: ${(error as Error).message}`,
    )
  }
}

/**
 * Downloads the variant of a completed job. The file has its name only once it is complete.
 *
 * @returns the path of the file; null for a package, which has several files
 */
export async function download(
  { client, signal }: Context,
  job: WatchedJob,
  folder: string,
): Promise<string | null> {
  if (job.plan?.mode === 'package') {
    return null
  }
  const response = await client.send('GET', job.outputPath!, { signal })
  const path = join(folder, nameFile(job, response.headers.get('Content-Type')))
  const partial = `${path}.part`
  try {
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(partial), { signal })
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return path
}

/** Names a variant such as clip.w_640.mp4. */
export function nameFile(
  { filePath, transformation }: Pick<WatchedJob, 'filePath' | 'transformation'>,
  contentType: string | null,
): string {
  const name = basename(filePath, extname(filePath))
  const type = contentType?.split(';')[0]?.split('/')[1] ?? ''
  // Paths of reference files in a transformation have colons and any other character.
  const variant = transformation.replaceAll(/[^\w,.+-]/g, '-').slice(0, MAX_VARIANT_CHARACTERS)
  const extension = EXTENSIONS[type] ?? (/^[a-z0-9]+$/.test(type) ? type : 'bin')
  return [name, variant, extension].filter((part) => part !== '').join('.')
}

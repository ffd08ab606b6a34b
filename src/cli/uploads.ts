/** Uploads of files of this machine. */
import { openAsBlob, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { StoredFile } from '../client/index.ts'
import type { Context } from './context.ts'
import { usageError } from './cliError.ts'
import { formatBytes } from './terminal/format.ts'
import type { Progress } from './terminal/progress.ts'

export interface UploadTarget {
  /** File of this machine. */
  file: string
  filePath: string
}

/**
 * Returns the storage path of each file or URL: `to` itself for one file, and a path in it if it ends in a
 * slash. Default: the name of the file.
 *
 * @throws CliError if several files would be stored under one path
 */
export function chooseTargets(files: readonly string[], to: string | undefined): UploadTarget[] {
  const folder = to?.endsWith('/') ? to : ''
  if (to !== undefined && folder === '' && files.length > 1) {
    throw usageError(`--to must end in a slash for several files: --to ${to}/`)
  }
  const targets = files.map((file) => ({
    file,
    filePath: to !== undefined && folder === '' ? to : `${folder}${readName(file)}`,
  }))
  const paths = new Set(targets.map(({ filePath }) => filePath))
  if (paths.size < targets.length) {
    throw usageError('Two of these files have the same name. Upload them one by one, with --to.')
  }
  return targets
}

/** @throws CliError if a URL names no file */
function readName(file: string): string {
  if (!isUrl(file)) {
    return basename(file)
  }
  const name = URL.canParse(file) ? basename(decodePath(new URL(file).pathname)) : ''
  if (name === '') {
    throw usageError(`${file} names no file. Choose its storage path with --to.`)
  }
  return name
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** Uploads a file, and shows its progress. An interrupted upload of a large file can be resumed. */
export async function uploadFile(
  { client, signal, onInterrupt }: Context,
  { file, filePath }: UploadTarget,
  progress: Progress,
  uploadId?: string,
): Promise<StoredFile> {
  const content = await openAsBlob(file)
  const explainResume = (id: string) =>
    onInterrupt(
      `The stored parts are kept for a day. To continue:\n  reelqueue upload ${quote(file)} --to ${quote(filePath)} --resume ${id}`,
    )
  if (uploadId !== undefined) {
    explainResume(uploadId)
  }
  const show = (sentBytes: number, stage: string) =>
    progress.update(`upload ${filePath}`, {
      label: filePath,
      percent: content.size === 0 ? 0 : (sentBytes / content.size) * 100,
      stage,
      details: formatBytes(content.size),
      ...(stage === 'uploaded' && { outcome: 'ok' }),
    })
  show(0, 'uploading')
  const stored = await client.files.upload(filePath, content, {
    signal,
    uploadId,
    onUploadId: explainResume,
    onProgress: ({ sentBytes }) => show(sentBytes, 'uploading'),
  })
  show(content.size, 'uploaded')
  onInterrupt(null)
  return stored
}

/** Quotes an argument for a shell if that is necessary. */
function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

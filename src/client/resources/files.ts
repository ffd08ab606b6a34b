/** Stored files and uploads: `client.files`. */
import type { Http } from '../http.ts'
import type { CallOptions } from '../options.ts'
import type { ListedFile, Query } from '../types.ts'
import { type Content, uploadFile, type UploadOptions, uploadToUrl } from '../upload.ts'
import { readPages } from './readPages.ts'

export function createFileMethods(http: Http) {
  const { request } = http
  return {
    /** Stores a file. A large one is sent in parts, and can be resumed by its upload id. */
    upload: (filePath: string, content: Content, upload: UploadOptions = {}) =>
      uploadFile(http, filePath, content, upload),
    /** Stores a file without an API key, with a URL from `client.sign`. */
    uploadToUrl: (
      signedUrl: string,
      content: Content,
      upload: Pick<UploadOptions, 'signal' | 'onProgress'> = {},
    ) => uploadToUrl(http, signedUrl, content, upload),
    getUpload: (uploadId: string, { signal }: CallOptions = {}) =>
      request('get', '/uploads/{uploadId}', { path: { uploadId }, signal }),
    abortUpload: (uploadId: string, { signal }: CallOptions = {}) =>
      request('delete', '/uploads/{uploadId}', { path: { uploadId }, signal }),
    /** A page of files, in the order of their paths. */
    list: (query: Query<'/files'> = {}, { signal }: CallOptions = {}) =>
      request('get', '/files', { query, signal }),
    /** All files that match. Reads a page when it is needed. */
    all: (
      query: Omit<Query<'/files'>, 'cursor'> = {},
      { signal }: CallOptions = {},
    ): AsyncGenerator<ListedFile, void> =>
      readPages(async (cursor) => {
        const { files, nextCursor } = await request('get', '/files', {
          query: { ...query, ...(cursor !== undefined && { cursor }) },
          signal,
        })
        return { items: files, nextCursor }
      }),
    delete: (filePath: string, { signal }: CallOptions = {}) =>
      request('delete', '/files/{path}', { path: { path: filePath }, signal }),
  }
}

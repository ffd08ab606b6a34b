/** A page that uploads a file with Uppy. The test reads its state from the global `uploads`. */
import Uppy from '@uppy/core'
import Tus from '@uppy/tus'

export interface UploadPage {
  sentBytes: number
  /** "stored", or an error message; null while nothing has ended. */
  outcome: string | null
  /** Adds the file of the input, and uploads it. */
  start(): Promise<void>
}

const query = new URLSearchParams(location.search)
const uppy = new Uppy().use(Tus, {
  endpoint: query.get('endpoint')!,
  retryDelays: [100, 1_000, 3_000, 5_000, 10_000],
  allowedMetaFields: ['signedUrl', 'type'],
})
const uploads: UploadPage = {
  sentBytes: 0,
  outcome: null,
  async start() {
    const [file] = document.querySelector('input')!.files!
    const id = uppy.addFile({ name: file!.name, type: file!.type, data: file! })
    uppy.setFileMeta(id, { signedUrl: query.get('signedUrl')! })
    const result = await uppy.upload()
    uploads.outcome = result?.failed?.[0]?.error ?? 'stored'
  },
}
uppy.on('upload-progress', (_, { bytesUploaded }) => {
  uploads.sentBytes = bytesUploaded
})
Object.assign(globalThis, { uploads })

/**
 * A page that uploads a file with Uppy's S3 plugin, as docs/guides/user-uploads.md does. The test reads its
 * state from the global `uploads`.
 */
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'
import type { UploadPage } from './uppyPage.ts'

const MIB = 1024 ** 2
const uppy = new Uppy().use(AwsS3, {
  companionEndpoint: '/uploads',
  shouldUseMultipart: true,
  getChunkSize: ({ size }) => Math.max(5 * MIB, Math.ceil(size / 10_000 / MIB) * MIB),
})
uppy.on('file-added', (file) => {
  uppy.setFileMeta(file.id, { size: file.size })
})

const uploads: UploadPage = {
  sentBytes: 0,
  outcome: null,
  async start() {
    const [file] = document.querySelector('input')!.files!
    uppy.addFile({ name: file!.name, type: file!.type, data: file! })
    const result = await uppy.upload()
    uploads.outcome = result?.failed?.[0]?.error ?? 'stored'
  },
}
Object.assign(globalThis, { uploads })

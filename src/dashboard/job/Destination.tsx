/** Says where the result is stored besides the service. */
import type { Job } from '../../client/index.ts'
import { formatBytes } from '../format.ts'

export function Destination({ job: { destination, stage } }: { job: Job }) {
  if (!destination) {
    return null
  }
  const { credential, bucket, key, sizeBytes, files } = destination
  return (
    <p>
      Destination: <code>{key}</code> in the bucket {bucket} ({credential})
      {sizeBytes !== null && ` · ${formatBytes(sizeBytes)} stored`}
      {files !== null && files > 1 && ` in ${files} files`}
      {stage === 'export' && ' · being stored'}
    </p>
  )
}

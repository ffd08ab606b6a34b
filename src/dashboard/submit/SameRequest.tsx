/** The same job in other words: the URL of its variant, and lines for the shell and for a program. */
import { type Transformation, writeTransformation } from '../../client/index.ts'
import { client } from '../api.ts'
import { Copyable } from '../parts.tsx'

/** The variant with every default. A URL without a transformation is that of the original. */
const DEFAULT_VARIANT = 'f_mp4'

interface Props {
  filePath: string
  queue: string
  transformation: Transformation
}
export function SameRequest({ filePath, queue, transformation }: Props) {
  const isDefault = queue === 'default'
  const body = {
    filePath,
    transformations: [transformation],
    ...(!isDefault && { queue }),
  }
  const name = writeTransformation(transformation) || DEFAULT_VARIANT
  const url = client.variants.url(filePath, name, isDefault ? {} : { queue })
  const json = JSON.stringify(body)
  const quoted = `'${json.replaceAll("'", String.raw`'\''`)}'`
  return (
    <>
      <Copyable label="URL of the variant" text={`${location.origin}${url}`} />
      <Copyable
        label="The same job with curl"
        text={`curl -X POST -H "Authorization: Bearer $API_KEY" -H 'Content-Type: application/json' -d ${quoted} ${location.origin}/queue/jobs`}
      />
      <Copyable
        label="The same job with @reelqueue/client"
        text={`await createClient({ url: '${location.origin}', apiKey }).jobs.create(${json})`}
      />
    </>
  )
}

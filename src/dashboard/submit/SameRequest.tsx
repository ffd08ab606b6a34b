/** The same job in other words: the URL of its variant, and lines for the shell and for a program. */
import { type Transformation, writeTransformation } from '../../client/index.ts'
import { client } from '../api.ts'
import { Copyable, Problem } from '../parts.tsx'
import { useVariantCheck } from './useVariantCheck.ts'

/** The variant with every default. A URL without a transformation is that of the original. */
const DEFAULT_VARIANT = 'f_mp4'

interface Props {
  /** As a request for jobs names the file. */
  file: { filePath: string } | { source: { url: string; filePath: string } }
  filePath: string
  queue: string
  transformation: Transformation
}
export function SameRequest({ file, filePath, queue, transformation }: Props) {
  const isDefault = queue === 'default'
  const body = {
    ...file,
    transformations: [transformation],
    ...(!isDefault && { queue }),
  }
  const written = writeTransformation(transformation) || DEFAULT_VARIANT
  const writtenUrl = client.variants.url(filePath, written, isDefault ? {} : { queue })
  const { canonical, problem } = useVariantCheck(writtenUrl)
  // The canonical form needs no queue: its presets are replaced by what they stand for.
  const url = canonical === null ? writtenUrl : client.variants.url(filePath, canonical)
  const json = JSON.stringify(body)
  const quoted = `'${json.replaceAll("'", String.raw`'\''`)}'`
  return (
    <>
      {problem && <Problem>{problem}</Problem>}
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

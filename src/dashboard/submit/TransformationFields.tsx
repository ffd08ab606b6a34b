/** The fields of a transformation, from the API's description of its keys. */
import { client } from '../api.ts'
import { Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'

export type Field = string | number
interface Schema {
  type?: string
  enum?: string[]
  minimum?: number
  maximum?: number
  description?: string
}
const COMMON = [
  'format',
  'width',
  'height',
  'quality',
  'encoderSpeed',
  'startSeconds',
  'endSeconds',
]
/** It has a field of its own on the page. */
const PRESET = 'preset'
const LONG_NAME = /^Long name of \w+\. /

async function loadSchemas(): Promise<[string, Schema][]> {
  const document = (await (await client.send('GET', '/openapi.json')).json()) as {
    components: { schemas: { Transformation: { properties: Record<string, Schema> } } }
  }
  return Object.entries(document.components.schemas.Transformation.properties).filter(
    ([name, { description = '' }]) => name !== PRESET && LONG_NAME.test(description),
  )
}

interface Props {
  values: Record<string, Field>
  onChange: (values: Record<string, Field>) => void
}
export function TransformationFields({ values, onChange }: Props) {
  const { value: schemas, error } = useLoaded(loadSchemas, [])
  if (!schemas) {
    return error ? <Problem>{error}</Problem> : <p>Loading …</p>
  }
  function change(name: string, text: string): void {
    const { [name]: _, ...others } = values
    const isNumber = text !== '' && !Number.isNaN(Number(text))
    onChange(text === '' ? others : { ...others, [name]: isNumber ? Number(text) : text })
  }
  const show = ([name, schema]: [string, Schema]) => (
    <Input
      key={name}
      name={name}
      schema={schema}
      value={values[name] ?? ''}
      onChange={(text) => change(name, text)}
    />
  )
  const isCommon = ([name]: [string, Schema]) => COMMON.includes(name)
  return (
    <>
      <fieldset class="fields">
        <legend>Variant</legend>
        {schemas
          .filter(isCommon)
          .toSorted(([a], [b]) => COMMON.indexOf(a) - COMMON.indexOf(b))
          .map(show)}
      </fieldset>
      <details>
        <summary>More settings</summary>
        <div class="fields">{schemas.filter((field) => !isCommon(field)).map(show)}</div>
      </details>
    </>
  )
}

interface InputProps {
  name: string
  schema: Schema
  value: Field
  onChange: (text: string) => void
}
function Input({ name, schema, value, onChange }: InputProps) {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return (
    <label>
      {words[0]!.toUpperCase() + words.slice(1)}
      {schema.enum ? (
        <select
          name={name}
          value={value}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        >
          <option value="">default</option>
          {schema.enum.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          name={name}
          value={value}
          inputMode={schema.type === 'string' ? 'text' : 'decimal'}
          onInput={({ currentTarget }) => onChange(currentTarget.value.trim())}
        />
      )}
      <small>{schema.description?.replace(LONG_NAME, '')}</small>
    </label>
  )
}

/** The fields of a transformation, from the API's description of its keys. */
import { loadFields, type Schema, writeFieldName } from '../schema.ts'

export type Field = string | number
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

/** The keys of a transformation: their long names and schemas. */
export type TransformationKeys = [string, Schema][]

export async function loadKeys(): Promise<TransformationKeys> {
  const fields = await loadFields('Transformation')
  return fields.filter(
    ([name, { description = '' }]) => name !== PRESET && LONG_NAME.test(description),
  )
}

interface Props {
  keys: TransformationKeys
  values: Record<string, Field>
  onChange: (values: Record<string, Field>) => void
}
export function TransformationFields({ keys, values, onChange }: Props) {
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
        {keys
          .filter(isCommon)
          .toSorted(([a], [b]) => COMMON.indexOf(a) - COMMON.indexOf(b))
          .map(show)}
      </fieldset>
      <details>
        <summary>More settings</summary>
        <div class="fields">{keys.filter((field) => !isCommon(field)).map(show)}</div>
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
  return (
    <label>
      {writeFieldName(name)}
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

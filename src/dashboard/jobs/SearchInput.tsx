/** An input whose text applies when it is complete: with Enter, or when the input is left. */
import { useEffect, useState } from 'preact/hooks'

interface Props {
  name: string
  label: string
  example: string
  value: string
  onChange: (value: string) => void
}
export function SearchInput({ name, label, example, value, onChange }: Props) {
  // Updates of the page must not replace a text that is being typed.
  const [draft, setDraft] = useState(value)
  useEffect(() => setDraft(value), [value])
  return (
    <label>
      {label}
      <input
        type="search"
        name={name}
        placeholder={example}
        value={draft}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  )
}

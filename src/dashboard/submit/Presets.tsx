/** The named presets of a queue: one can be chosen, and the present settings can be saved as one. */
import { useState } from 'preact/hooks'
import type { Transformation } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { describeError } from '../format.ts'
import { Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import type { Field } from './TransformationFields.tsx'

interface Props {
  session: Session
  queue: string
  values: Record<string, Field>
  onChange: (values: Record<string, Field>) => void
}
export function Presets({ session, queue, values, onChange }: Props) {
  const mayRead = session.scopes.includes('jobs:read')
  const list = useLoaded(async () => (mayRead ? client.presets.list(queue) : []), [queue])
  const [name, setName] = useState('')
  const [saved, setSaved] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const presets = list.value ?? []
  const chosen = presets.find((preset) => preset.name === values['preset'])

  function choose(preset: string): void {
    const { preset: _, ...others } = values
    onChange(preset === '' ? others : { preset })
  }
  async function save(): Promise<void> {
    try {
      const { transformation } = await client.presets.put(queue, name, values as Transformation)
      setSaved(`Saved “${name}” as ${transformation}.`)
      setProblem(null)
      await list.reload()
    } catch (failure) {
      setSaved(null)
      setProblem(describeError(failure))
    }
  }
  return (
    <div class="toolbar presets">
      {presets.length > 0 && (
        <label>
          Preset
          <select
            name="preset"
            value={values['preset'] ?? ''}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            <option value="">none</option>
            {presets.map((preset) => (
              <option key={preset.name}>{preset.name}</option>
            ))}
          </select>
        </label>
      )}
      {chosen && (
        <p class="hint">
          It stands for <code>{chosen.transformation}</code>. Settings below take its place.
        </p>
      )}
      {session.scopes.includes('queues:admin') && (
        <>
          <label>
            Save the settings as a preset
            <input
              name="preset-name"
              placeholder="card"
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value.trim())}
              onKeyDown={(event) => {
                // Enter would start the upload.
                if (event.key === 'Enter') {
                  event.preventDefault()
                  void save()
                }
              }}
            />
          </label>
          <button
            type="button"
            disabled={name === '' || Object.keys(values).length === 0}
            onClick={() => void save()}
          >
            Save preset
          </button>
        </>
      )}
      <p class="hint" role="status">
        {saved}
      </p>
      {(problem ?? list.error) && <Problem>{problem ?? list.error}</Problem>}
    </div>
  )
}

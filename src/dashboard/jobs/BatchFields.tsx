/** What an action on many jobs needs to know. */
import type { Action } from './batch.ts'

export interface BatchOptions {
  /** Also cancels running jobs. */
  force: boolean
  priority: number
}

interface Props {
  action: Action
  options: BatchOptions
  disabled: boolean
  onChange: (options: BatchOptions) => void
}
export function BatchFields({ action, options, disabled, onChange }: Props) {
  switch (action) {
    case 'cancel':
      return (
        <label class="choice">
          <input
            type="checkbox"
            checked={options.force}
            disabled={disabled}
            onChange={({ currentTarget }) => onChange({ ...options, force: currentTarget.checked })}
          />
          Also stop the jobs that are running
        </label>
      )
    case 'prioritize':
      return (
        <label>
          New priority, 0 to 100
          <input
            type="number"
            name="priority"
            min={0}
            max={100}
            required
            value={options.priority}
            onInput={({ currentTarget }) =>
              onChange({ ...options, priority: currentTarget.valueAsNumber })
            }
          />
        </label>
      )
    default:
      return null
  }
}

/** The form for a new rule, and for changes of one. */
import { useState } from 'preact/hooks'
import type { Rule } from '../../client/index.ts'
import type { Session } from '../api.ts'
import { readRule, type RuleSettings, type RuleTexts, writeRule } from './ruleTexts.ts'

const MEGABYTES = { type: 'number', min: 0, step: 'any' } as const

interface Props {
  title: string
  action: string
  session: Session
  /** The rule that is changed. */
  rule?: Rule
  /** @returns true if the rule was saved */
  onSave: (settings: RuleSettings) => Promise<boolean>
}
export function RuleForm({ title, action, session, rule, onSave }: Props) {
  const start = { ...writeRule(rule), prefix: rule?.prefix ?? session.pathPrefix ?? '' }
  const [texts, setTexts] = useState(start)
  const [isBusy, setIsBusy] = useState(false)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setIsBusy(true)
    const isSaved = await onSave(readRule(texts, session.queue))
    setIsBusy(false)
    if (isSaved && rule === undefined) {
      setTexts(start)
    }
  }
  const field = (
    name: keyof RuleTexts,
    label: string,
    hint: string,
    input: Record<string, unknown> = {},
  ) => (
    <label>
      {label}
      <input
        {...input}
        name={`rule-${name}`}
        value={texts[name]}
        onInput={({ currentTarget }) => setTexts({ ...texts, [name]: currentTarget.value })}
      />
      <small>{hint}</small>
    </label>
  )
  return (
    <form class="card" aria-label={title} onSubmit={(event) => void submit(event)}>
      <h2>{title}</h2>
      <div class="fields">
        {field('name', 'Name', 'What the rule is for.', { required: true, maxLength: 100 })}
        {field('prefix', 'Path begins with', 'A folder, such as films/. Empty: all files.')}
        {field('suffixes', 'Path ends in', 'One of these: .mp4, .mov. Empty: all files.')}
        {field('minMegabytes', 'Minimum size in MB', 'Empty: no minimum.', MEGABYTES)}
        {field('maxMegabytes', 'Maximum size in MB', 'Empty: no maximum.', MEGABYTES)}
        {session.queue === null && field('queue', 'Queue', 'Of the jobs. Empty: default.')}
        {field('priority', 'Priority', '0 is first. Empty: the default of the kind of job.', {
          type: 'number',
          min: 0,
          max: 100,
          step: 1,
        })}
        {field('tags', 'Tags', 'Of the jobs, separated by commas.')}
      </div>
      <label>
        Transformations, one in each line
        <textarea
          name="rule-transformations"
          rows={3}
          placeholder={'h_720\nf_hls'}
          value={texts.transformations}
          onInput={({ currentTarget }) =>
            setTexts({ ...texts, transformations: currentTarget.value })
          }
        />
        <small>
          As in URLs: w_640,q_60, or a named preset of the queue (n_card). Empty: one MP4 with all
          defaults.
        </small>
      </label>
      <button class="primary" disabled={isBusy}>
        {action}
      </button>
    </form>
  )
}

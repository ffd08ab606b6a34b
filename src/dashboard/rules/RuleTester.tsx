/** Says which rules match a file, and which jobs they would make. Makes none. */
import { useState } from 'preact/hooks'
import type { RuleTest } from '../../client/index.ts'
import { client, noticeEnd } from '../api.ts'
import { describeError, formatCount } from '../format.ts'
import { Problem } from '../parts.tsx'
import { readMegabytes } from './ruleTexts.ts'

export function RuleTester() {
  const [key, setKey] = useState('')
  const [megabytes, setMegabytes] = useState('10')
  const [tested, setTested] = useState<RuleTest | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    try {
      setTested(await client.rules.test({ key, size: readMegabytes(megabytes) ?? 0 }))
      setProblem(null)
    } catch (error) {
      noticeEnd(error)
      setTested(null)
      setProblem(describeError(error))
    }
  }
  return (
    <form class="card" aria-label="Test the rules" onSubmit={(event) => void submit(event)}>
      <h2>Test the rules</h2>
      <p class="hint">The file need not exist, and no job is made.</p>
      {problem && <Problem>{problem}</Problem>}
      <div class="toolbar selection">
        <label>
          Path of a file
          <input
            name="test-key"
            required
            placeholder="films/a.mov"
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <label>
          Size in MB
          <input
            name="test-size"
            type="number"
            min={0}
            step="any"
            required
            value={megabytes}
            onInput={({ currentTarget }) => setMegabytes(currentTarget.value)}
          />
        </label>
        <button>Test</button>
      </div>
      <div role="status">{tested && <Matches tested={tested} />}</div>
    </form>
  )
}

function Matches({ tested: { ignored, matches } }: { tested: RuleTest }) {
  if (matches.length === 0) {
    return <p class="hint">{ignored ?? 'No rule matches this file.'}</p>
  }
  return (
    <ul>
      {matches.map(({ rule, jobs, error }) => (
        <li key={rule.id}>
          {rule.name}
          {rule.enabled ? ' makes ' : ' is disabled. Enabled, it would make '}
          {error === null ? (
            <>
              {formatCount(jobs.length, 'job')} in the queue {rule.queue}:{' '}
              <code>{jobs.map(({ transformation }) => transformation).join(' · ')}</code>
            </>
          ) : (
            `no job: ${error}`
          )}
        </li>
      ))}
    </ul>
  )
}

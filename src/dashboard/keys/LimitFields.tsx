/** The limits of an API key as fields of a form. An empty field stands for no limit. */
import type { ApiKey } from '../../client/index.ts'

const GIGABYTE = 1_000_000_000

/** The texts of the fields. */
export interface LimitTexts {
  /** In the reader's zone, as the field has it. */
  expiresAt: string
  storedGigabytes: string
  maxQueuedJobs: string
  maxStreams: string
}
type Limits = Pick<ApiKey, 'expiresAt' | 'maxStoredBytes' | 'maxQueuedJobs' | 'maxStreams'>

export const NO_LIMITS: LimitTexts = {
  expiresAt: '',
  storedGigabytes: '',
  maxQueuedJobs: '',
  maxStreams: '',
}

/** The inverse of `readLimits`. */
export function writeLimits({ expiresAt, maxStoredBytes, maxQueuedJobs, maxStreams }: Limits) {
  const write = (value: number | null) => (value === null ? '' : String(value))
  return {
    expiresAt: expiresAt === null ? '' : writeLocalTime(new Date(expiresAt)),
    storedGigabytes: maxStoredBytes === null ? '' : String(maxStoredBytes / GIGABYTE),
    maxQueuedJobs: write(maxQueuedJobs),
    maxStreams: write(maxStreams),
  }
}

export function readLimits(texts: LimitTexts): Limits {
  const read = (text: string) => (text === '' ? null : Number(text))
  const gigabytes = read(texts.storedGigabytes)
  return {
    expiresAt: texts.expiresAt === '' ? null : new Date(texts.expiresAt).toISOString(),
    maxStoredBytes: gigabytes === null ? null : Math.round(gigabytes * GIGABYTE),
    maxQueuedJobs: read(texts.maxQueuedJobs),
    maxStreams: read(texts.maxStreams),
  }
}

/** Writes a time as a field of the type `datetime-local` has it. */
function writeLocalTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}

const COUNT = { type: 'number', min: 1, step: 1 } as const
const FIELDS = [
  {
    name: 'expiresAt',
    label: 'Expires',
    hint: 'In your time zone. Empty: never.',
    input: { type: 'datetime-local' },
  },
  {
    name: 'storedGigabytes',
    label: 'Storage quota in GB',
    hint: 'Originals that the key may store. Empty: no limit.',
    input: { type: 'number', min: 1 / GIGABYTE, step: 'any' },
  },
  {
    name: 'maxQueuedJobs',
    label: 'Pending jobs',
    hint: 'Jobs of the key that may wait at the same time. Empty: no limit.',
    input: COUNT,
  },
  {
    name: 'maxStreams',
    label: 'Event streams',
    hint: 'Streams of the key that may be open at the same time. Empty: no limit.',
    input: COUNT,
  },
] as const

interface Props {
  texts: LimitTexts
  onChange: (texts: LimitTexts) => void
}
export function LimitFields({ texts, onChange }: Props) {
  return (
    <div class="fields">
      {FIELDS.map(({ name, label, hint, input }) => (
        <label key={name}>
          {label}
          <input
            {...input}
            name={name}
            value={texts[name]}
            onInput={({ currentTarget }) => onChange({ ...texts, [name]: currentTarget.value })}
          />
          <small>{hint}</small>
        </label>
      ))}
    </div>
  )
}

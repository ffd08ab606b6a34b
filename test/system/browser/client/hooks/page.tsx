/** The page of the hook tests: shows components that use the hooks, and records what they return. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient, type QueueEvent } from '../../../../../src/client/index.ts'
import {
  type EventFilter,
  ReelqueueProvider,
  type UploadState,
  useJob,
  type JobState,
  useQueueEvents,
  type QueueEventsState,
  useUpload,
} from '../../../../../src/client/react/index.ts'

/** The components to show. Each id and filter is a component of its own. */
export interface Shown {
  apiKey: string
  jobIds?: (string | null)[]
  filters?: (EventFilter | null)[]
  upload?: boolean
}

export interface HookPage {
  show: (shown: Shown) => void
  /** The last state of each component, by its position; an older state of none is kept. */
  jobs: JobState[]
  /** Each state that a component had with its id. */
  jobHistory: { id: string | null; state: JobState }[]
  streams: QueueEventsState[]
  /** The events that the handler of each component received, by its position. */
  events: QueueEvent[][]
  upload: UploadState
}

const root = createRoot(document.querySelector('#root')!)
let client: ReturnType<typeof createClient>
let clientKey: string | undefined

const hooks: HookPage = {
  jobs: [],
  jobHistory: [],
  streams: [],
  events: [],
  upload: null as unknown as UploadState,
  show({ apiKey, jobIds = [], filters = [], upload = false }) {
    if (apiKey !== clientKey) {
      client = createClient({ apiKey })
      clientKey = apiKey
    }
    root.render(
      <StrictMode>
        <ReelqueueProvider client={client}>
          {jobIds.map((id, index) => (
            <Job key={index} id={id} index={index} />
          ))}
          {filters.map((filter, index) => (
            <Events key={index} filter={filter} index={index} />
          ))}
          {upload && <Upload />}
        </ReelqueueProvider>
      </StrictMode>,
    )
  },
}
Object.assign(globalThis, { hooks })

function Job({ id, index }: { id: string | null; index: number }) {
  const state = useJob(id)
  hooks.jobs[index] = state
  hooks.jobHistory.push({ id, state })
  return null
}

function Events({ filter, index }: { filter: EventFilter | null; index: number }) {
  hooks.events[index] ??= []
  hooks.streams[index] = useQueueEvents(filter, (event) => hooks.events[index]!.push(event))
  return null
}

function Upload() {
  hooks.upload = useUpload()
  return null
}

/** Small parts that several pages use. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Job } from '../client/index.ts'
import { formatNumber, formatSeconds } from './format.ts'
import type { LiveState as State } from './useLoaded.ts'

export function statusName(status: string): string {
  return status === 'error' ? 'failed' : status
}

export function Status({ status }: { status: string }) {
  return <span class={`status ${status}`}>{statusName(status)}</span>
}

/** Says if the page does not follow the events at present. */
export function LiveState({ state }: { state: State }) {
  const texts = {
    live: '',
    reconnecting: 'Connecting again. Changes are shown as soon as the service responds.',
    refused:
      'This page is not live, because the key may not read events. Reload it to see changes.',
  }
  return (
    <p class="hint live" role="status">
      {texts[state]}
    </p>
  )
}

/** Scrolls an element into view when its content is new, for what was asked for further down. */
function useScroll<Shown extends HTMLElement>(content: unknown) {
  const element = useRef<Shown>(null)
  useEffect(() => {
    if (content !== null) {
      element.current?.scrollIntoView({ block: 'nearest' })
    }
  }, [content])
  return element
}

export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <p class="problem" role="alert" ref={useScroll<HTMLParagraphElement>(children)}>
      {children}
    </p>
  )
}

/** What became of an action; nothing without a text. */
export function Result({ text }: { text: string | null }) {
  return (
    <p class="hint live" role="status" ref={useScroll<HTMLParagraphElement>(text)}>
      {text}
    </p>
  )
}

/** A secret that the service does not show again. */
export function ShownOnce({ note, label, text }: { note: string; label: string; text: string }) {
  return (
    <section class="card" ref={useScroll<HTMLElement>(text)}>
      <p role="status">{note}</p>
      <Copyable label={label} text={text} />
    </section>
  )
}

/** True for a job that waits for the import of its file. */
export function isImporting({ status, stage }: Pick<Job, 'status' | 'stage'>): boolean {
  return status === 'pending' && stage === 'import'
}

export function JobProgress({ job }: { job: Job }) {
  if (job.status !== 'running' && !isImporting(job)) {
    return null
  }
  const facts = [
    `${Math.round(job.progress)} %`,
    job.stage,
    job.speed === null ? null : `${formatNumber(job.speed)}× speed`,
    job.etaSeconds === null ? null : `${formatSeconds(job.etaSeconds)} left`,
  ]
  return (
    <div class="progress">
      <progress max={100} value={job.progress} aria-label={`Progress of ${job.filePath}`} />
      <small>{facts.filter((fact) => fact !== null).join(' · ')}</small>
    </div>
  )
}

/** A text that can be copied with one click. */
export function Copyable({ label, text }: { label: string; text: string }) {
  const [state, setState] = useState<'copied' | 'selected' | null>(null)
  const shown = useRef<HTMLPreElement>(null)
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setState('copied')
    } catch {
      // Without TLS, pages have no clipboard. With it, the browser can refuse.
      shown.current!.focus()
      getSelection()?.selectAllChildren(shown.current!)
      setState('selected')
    }
  }
  return (
    <div class="copyable">
      <span>{label}</span>
      {/* Long lines scroll, so the keyboard must reach them. */}
      <pre tabIndex={0} aria-label={label} ref={shown}>
        {text}
      </pre>
      <button type="button" aria-label={`Copy: ${label}`} onClick={() => void copy()}>
        {state === 'copied' ? 'Copied' : 'Copy'}
      </button>
      {state === 'selected' && (
        <small role="status">
          The browser does not let this page copy. The text is selected: press Ctrl+C or ⌘C.
        </small>
      )}
    </div>
  )
}

/** The result of a job in a player, next to the original, and a line that shows it on other pages. */
import type { Job } from '../../client/index.ts'
import { client } from '../api.ts'
import { Copyable, isImporting } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import { Player } from './Player.tsx'
import { findStoryboard } from './storyboard.ts'

/** A storyboard fits a result that was not trimmed, so one that is as long as the original. */
const MAX_DIFFERENCE_SECONDS = 1

function isAsLongAsOriginal({ input, output }: Job): boolean {
  const [original, result] = [input?.durationSeconds, output?.durationSeconds]
  return (
    typeof original === 'number' &&
    typeof result === 'number' &&
    Math.abs(original - result) < MAX_DIFFERENCE_SECONDS
  )
}

export function Results({ job }: { job: Job }) {
  const type = /(?:^|,)f_(\w+)/.exec(job.transformation)?.[1] ?? readExtension(job)
  const isReady = job.outputPath !== null || (type === 'hls' && job.playable)
  const variant = client.variants.url(job.filePath, job.transformation)
  const url = type === 'hls' ? `${variant}/master.m3u8` : (job.outputPath ?? variant)
  const original = client.variants.url(job.filePath)
  const { value: storyboard } = useLoaded(
    () => findStoryboard(job.filePath),
    [job.filePath, job.status],
  )
  return (
    <>
      <div class="pair">
        {isReady && (
          <figure>
            <Player
              url={url}
              type={type}
              label="Result"
              storyboard={isAsLongAsOriginal(job) ? storyboard : null}
            />
            <figcaption>
              Result · <a href={url}>open</a>
            </figcaption>
          </figure>
        )}
        {!isImporting(job) && (
          <figure>
            <Player
              url={original}
              type={job.filePath.split('.').at(-1)!.toLowerCase()}
              label="Original"
              storyboard={storyboard}
            />
            <figcaption>
              Original · <a href={original}>open</a>
            </figcaption>
          </figure>
        )}
      </div>
      {isReady && <Copyable label="URL of the result" text={new URL(url, location.origin).href} />}
      {job.status !== 'error' && job.status !== 'cancelled' && (
        <Copyable label="Player for other pages" text={writeFrame(job)} />
      )}
    </>
  )
}

/** The HTML of a frame that plays the variant; docs/api.md describes its page. */
function writeFrame({ filePath, transformation }: Job): string {
  const { pathname } = new URL(client.variants.url(filePath, transformation), location.origin)
  const url = `${location.origin}${pathname.replace(/^\/t\//, '/embed/')}`
  return `<iframe src="${url}" title="${filePath.split('/').at(-1)}" width="640" height="360" allow="autoplay; fullscreen" style="border: 0"></iframe>`
}

/** A variant without a format is an image if a thumbnail was asked for, and else an MP4. */
function readExtension({ transformation }: Job): string {
  if (/(?:^|,)t_sprite/.test(transformation)) {
    return 'storyboard'
  }
  return /(?:^|,)t_/.test(transformation) ? 'jpg' : 'mp4'
}

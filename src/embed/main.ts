/**
 * The player page of one variant or original, for frames of other pages. `/embed/…` plays what
 * `/t/…` serves with the same query, so a signed URL works with both.
 *
 * While the job of the variant runs, the page shows its progress; a stream plays as soon as it is
 * playable.
 */
import { readCompanions } from './companions.ts'
import { findMedia } from './findMedia.ts'
import { followJob } from './followJob.ts'
import { controlByKeyboard } from './keyboard.ts'
import { type Playable, showMedia } from './showMedia.ts'
import { showMessage, showProgress } from './messages.ts'

const root = document.querySelector<HTMLElement>('#player')!
const source = `/t/${location.pathname.slice('/embed/'.length)}${location.search}`
/** Times that a playback which broke off is started anew, for example by a new attempt of a job. */
const MAX_RESTARTS = 5
let restarts = 0

function delay(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}

/** Shows the current state, until something is played or cannot be. */
async function show(position = 0): Promise<void> {
  for (;;) {
    const found = await findMedia(source).catch((error: unknown) => ({
      state: 'later' as const,
      message: `The service cannot be reached: ${String(error)}`,
      seconds: 5,
    }))
    switch (found.state) {
      case 'making':
        if (!root.querySelector('progress')) {
          showProgress(root, null)
        }
        await followJob(source, found, (progress) => showProgress(root, progress))
        break
      case 'later':
        showMessage(root, found.message)
        await delay(found.seconds)
        break
      case 'refused':
        return showMessage(root, found.message)
      case 'ready':
        return play(found, position)
    }
  }
}

function play(media: Playable, position: number): void {
  showMedia(root, media, readCompanions(), position, (problem, reached) => {
    if (++restarts > MAX_RESTARTS) {
      return showMessage(root, problem)
    }
    void delay(2).then(() => show(reached))
  })
}

controlByKeyboard(root)
void show()

/** What the page says while there is nothing to play. */

/** Shows a message in place of everything else. */
export function showMessage(root: HTMLElement, message: string): void {
  const text = document.createElement('p')
  text.role = 'alert'
  text.textContent = message
  root.replaceChildren(text)
}

/** @param percent null while the job waits for a runner */
export function showProgress(root: HTMLElement, percent: number | null): void {
  const words =
    percent === null ? 'The video waits to be made …' : `The video is being made: ${percent} %`
  let making = root.querySelector('.making')
  if (!making) {
    making = document.createElement('div')
    making.className = 'making'
    const bar = document.createElement('progress')
    bar.max = 100
    bar.ariaLabel = 'Progress'
    making.append(bar, document.createElement('span'))
    root.replaceChildren(making)
  }
  const bar = making.querySelector('progress')!
  if (percent === null) {
    bar.removeAttribute('value')
  } else {
    bar.value = percent
  }
  making.querySelector('span')!.textContent = words
}

const REPOSITORY = 'https://github.com/reelqueue/reelqueue/blob/main'

/**
 * Makes the relative links of a page in docs/ absolute, for the README of a package: they then work
 * outside of the repository.
 *
 * @param {string} page Markdown
 * @returns {string}
 */
export function makeLinksAbsolute(page) {
  return page.replaceAll(
    /\]\((?!https?:|#)(\.\.\/)?([^)]+)\)/g,
    (_, up, path) => `](${REPOSITORY}/${up ? '' : 'docs/'}${path})`,
  )
}

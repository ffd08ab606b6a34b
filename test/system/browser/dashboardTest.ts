/** Tests of one page of the dashboard, which is signed in, while no runner takes jobs. */
import { systemTest } from '../fixtures/systemTest.ts'
import { openPage } from './dashboardPage.ts'

/** @param heading of the page at `path`, which begins with "/" */
export function dashboardTest(path: string, heading: string, env: Record<string, string> = {}) {
  return systemTest({ runners: 0, env }).extend(
    'page',
    { scope: 'file' },
    async ({ system }, { onCleanup }) => {
      const { page, close } = await openPage(`${system.url}${path}`, heading)
      onCleanup(close)
      return page
    },
  )
}

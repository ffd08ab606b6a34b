import { describe, test } from 'vitest'
import { findRealEngine } from './engines.ts'
import { containerTest } from './containerTest.ts'
import { describeContainers } from './scenarios.ts'

const found = await findRealEngine()

if (typeof found === 'string') {
  // The image can only be tested where a container engine runs. `found` says why there is none.
  test.skip(`with a real engine and the real image: skipped, as ${found}`)
} else {
  // Outside of `describe`, because its fixtures belong to the file.
  const containers = containerTest(async () => found)
  describe('with a real engine and the real image', () => describeContainers(containers))
}

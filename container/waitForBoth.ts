/**
 * Waits until both have ended. `Promise.all` would go on after the first error, while the other one still
 * uses the scratch folder.
 *
 * @throws the error of the first argument, otherwise that of the second
 */
export async function waitForBoth<One, Other>(
  one: Promise<One>,
  other: Promise<Other>,
): Promise<[One, Other]> {
  await Promise.allSettled([one, other])
  return [await one, await other]
}

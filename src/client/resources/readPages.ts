/** Yields the items of a list. Reads a page when it is needed. */
export async function* readPages<Item>(
  readPage: (cursor?: string) => Promise<{ items: Item[]; nextCursor: string | null }>,
): AsyncGenerator<Item, void> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(cursor)
    yield* page.items
    cursor = page.nextCursor
  }
}

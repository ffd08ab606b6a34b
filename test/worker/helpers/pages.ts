/** Stands in for the static assets, which the tests of the Worker do not build. It has the player page. */
export const ASSETS = {
  fetch: (url: URL) =>
    Promise.resolve(
      url.pathname === '/embed'
        ? new Response('<html><body><main></main></body></html>')
        : new Response(null, { status: 404 }),
    ),
} as unknown as Fetcher

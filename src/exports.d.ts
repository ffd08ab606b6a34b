/** What `ctx.exports` has: the entrypoints that this Worker offers to its own parts. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index.ts')
  }
}

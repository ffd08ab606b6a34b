/** `next` returns a promise that resolves at the next call of `notify`. */
export function createNotifier() {
  let pending = Promise.withResolvers<void>()
  return {
    next: () => pending.promise,
    notify() {
      pending.resolve()
      pending = Promise.withResolvers()
    },
  }
}

/** The API client of the dashboard, and its session, a cookie that all tabs share. */
import { createClient, ReelqueueError } from '../client/index.ts'

export const client = createClient({ credentials: 'same-origin' })

/** What the API key of the session may do. */
export async function readSession() {
  return client.request('get', '/session')
}
export type Session = Awaited<ReturnType<typeof readSession>>

/** Tells the other tabs that the session is another one. */
const otherTabs = new BroadcastChannel('session')
/** Tells this tab that the session has ended. */
const ended = new EventTarget()

export async function signIn(apiKey: string): Promise<Session> {
  const session = await client.request('post', '/session', { body: { apiKey } })
  otherTabs.postMessage('changed')
  return session
}

export async function signOut(): Promise<void> {
  await client.request('delete', '/session')
  otherTabs.postMessage('changed')
}

/** An error of a request can say that the session has ended. */
export function noticeEnd(error: unknown): void {
  if (error instanceof ReelqueueError && error.status === 401) {
    ended.dispatchEvent(new Event('end'))
  }
}

/** Calls back when the session should be read again. Returns a function that ends this. */
export function onSessionChange(callback: () => void): () => void {
  otherTabs.addEventListener('message', callback)
  ended.addEventListener('end', callback)
  return () => {
    otherTabs.removeEventListener('message', callback)
    ended.removeEventListener('end', callback)
  }
}

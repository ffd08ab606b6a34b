/** The API client of the dashboard. Its requests are those of the session cookie. */
import { createClient } from '../client/index.ts'

export const client = createClient({ credentials: 'same-origin' })

/** What the API key of the session may do. */
export async function readSession() {
  return client.request('get', '/session')
}
export type Session = Awaited<ReturnType<typeof readSession>>

export function signIn(apiKey: string): Promise<Session> {
  return client.request('post', '/session', { body: { apiKey } })
}

export async function signOut(): Promise<void> {
  await client.request('delete', '/session')
}

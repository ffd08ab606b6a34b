/** The client of the hooks. */
import { createContext, createElement, type ReactNode, useContext } from 'react'
import type { Client } from '../index.ts'

const ClientContext = createContext<Client | null>(null)

/**
 * Gives a client to the hooks below it. Create the client outside of components, or memoize it:
 * hooks start again when it changes.
 */
export function ReelqueueProvider({ client, children }: { client: Client; children?: ReactNode }) {
  return createElement(ClientContext.Provider, { value: client }, children)
}

/** @throws Error without a ReelqueueProvider above the component */
export function useClient(): Client {
  const client = useContext(ClientContext)
  if (!client) {
    throw new Error('Reelqueue hooks need a <ReelqueueProvider client={…}> above the component.')
  }
  return client
}

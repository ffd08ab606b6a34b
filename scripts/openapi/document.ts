/** Creates the OpenAPI document in Node.js, without a running service. */
import { registerHooks } from 'node:module'

/** Stands in for the classes that workerd provides. Only their subclasses are defined, not used. */
const WORKER_CLASSES =
  'data:text/javascript,export class DurableObject {} export class WorkerEntrypoint {} export const env = {}'

export interface Document {
  paths: Record<string, object>
  components: { schemas: Record<string, object> }
}

export async function loadDocument(): Promise<Document> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'cloudflare:workers'
        ? { url: WORKER_CLASSES, shortCircuit: true }
        : next(specifier, context),
  })
  try {
    // Loaded by address, because the Worker is typed for another runtime than scripts.
    const source = new URL('../../src/', import.meta.url)
    const { app } = (await import(new URL('app.ts', source).href)) as { app: unknown }
    const { createDocument } = (await import(new URL('openapi.ts', source).href)) as {
      createDocument: (app: unknown, url: string) => Document
    }
    return createDocument(app, 'http://127.0.0.1:8787')
  } finally {
    hooks.deregister()
  }
}

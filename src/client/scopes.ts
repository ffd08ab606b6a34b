/** The scopes of API keys, for forms and help texts. */
import type { Scope } from './types.ts'

/** Descriptions of the scopes. A scope without one is a type error. */
export const SCOPES: Record<Scope, string> = {
  'jobs:read': 'read jobs, files and variants',
  'jobs:write': 'create, retry, cancel and delete jobs',
  'files:write': 'store and delete files',
  'events:read': 'follow events',
  'queues:admin': 'change queues and presets',
  'keys:admin': 'create and change API keys',
  'metrics:read': 'read metrics',
  'webhooks:read': 'read webhooks and their deliveries',
  'webhooks:write': 'create, change and delete webhooks',
  'rules:write': 'create, change and delete rules, which make jobs',
}

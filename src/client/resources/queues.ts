/** Queues and their named presets: `client.queues` and `client.presets`. */
import type { Http } from '../http.ts'
import type { CallOptions } from '../options.ts'
import type { TransformationInput } from '../transformation.ts'
import type { Preset, QueueSettings } from '../types.ts'

export function createQueueMethods({ request }: Http) {
  return {
    list: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/queues', { signal })).queues,
    get: (name: string, { signal }: CallOptions = {}) =>
      request('get', '/queues/{name}', { path: { name }, signal }),
    /** Creates a queue, or changes the given settings of an existing one. */
    put: (name: string, body: QueueSettings = {}, { signal }: CallOptions = {}) =>
      request('put', '/queues/{name}', { path: { name }, body, signal }),
    /** Changes a queue, for example `{ paused: true }`. */
    change: (name: string, body: QueueSettings, { signal }: CallOptions = {}) =>
      request('patch', '/queues/{name}', { path: { name }, body, signal }),
  }
}

export function createPresetMethods({ request }: Http) {
  return {
    list: async (queue: string, { signal }: CallOptions = {}): Promise<Preset[]> =>
      (await request('get', '/queues/{name}/presets', { path: { name: queue }, signal })).presets,
    get: (queue: string, preset: string, { signal }: CallOptions = {}) =>
      request('get', '/queues/{name}/presets/{preset}', { path: { name: queue, preset }, signal }),
    put: (
      queue: string,
      preset: string,
      transformation: TransformationInput,
      { signal }: CallOptions = {},
    ) =>
      request('put', '/queues/{name}/presets/{preset}', {
        path: { name: queue, preset },
        body: transformation as never,
        signal,
      }),
    delete: (queue: string, preset: string, { signal }: CallOptions = {}) =>
      request('delete', '/queues/{name}/presets/{preset}', {
        path: { name: queue, preset },
        signal,
      }),
  }
}

/** Rules for the files that arrive in the bucket: `client.rules`. */
import type { Http } from '../http.ts'
import type { CallOptions } from '../options.ts'
import type { RequestBody, Rule, RuleTest } from '../types.ts'

export function createRuleMethods({ request }: Http) {
  const at = (ruleId: string) => ({ path: { ruleId } })
  return {
    list: async ({ signal }: CallOptions = {}): Promise<Rule[]> =>
      (await request('get', '/rules', { signal })).rules,
    /** The number of notifications of the bucket by what became of them; null for a restricted key. */
    events: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/rules', { signal })).events,
    get: (ruleId: string, { signal }: CallOptions = {}): Promise<Rule> =>
      request('get', '/rules/{ruleId}', { ...at(ruleId), signal }),
    create: (body: RequestBody<'/rules', 'post'>, { signal }: CallOptions = {}): Promise<Rule> =>
      request('post', '/rules', { body, signal }),
    /** Changes a rule, for example `{ enabled: false }`. */
    change: (
      ruleId: string,
      body: RequestBody<'/rules/{ruleId}', 'patch'>,
      { signal }: CallOptions = {},
    ): Promise<Rule> => request('patch', '/rules/{ruleId}', { ...at(ruleId), body, signal }),
    delete: (ruleId: string, { signal }: CallOptions = {}) =>
      request('delete', '/rules/{ruleId}', { ...at(ruleId), signal }),
    /** Returns the rules that match a file, and the jobs that they would make. */
    test: (
      body: RequestBody<'/rules/test', 'post'>,
      { signal }: CallOptions = {},
    ): Promise<RuleTest> => request('post', '/rules/test', { body, signal }),
  }
}

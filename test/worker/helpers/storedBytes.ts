/** For tests of what a key has stored, as the API shows it. */
import type { ApiKey } from '../../../src/contract/apiKey.ts'
import { api } from './http.ts'
import { expectJson } from './support.ts'

export async function storedBytes({ id }: { id: string }): Promise<number> {
  return (await expectJson<ApiKey>(await api('GET', `/api-keys/${id}`), 200)).storedBytes
}

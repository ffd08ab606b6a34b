/** URLs of servers to which the service sends requests of callers. */
import { z } from 'zod'

const MAX_URL_CHARACTERS = 2_000

/**
 * A URL as far as its text says whether it is allowed. Servers without TLS or in a private network also need a
 * setting.
 *
 * @param error what such a URL is, and an example
 */
export function remoteUrl(error: string, maxCharacters = MAX_URL_CHARACTERS) {
  return z
    .string()
    .max(maxCharacters)
    .regex(
      // Without the flag i, which a JSON schema cannot have.
      /^[hH][tT][tT][pP][sS]?:\/\/[^\s/?#@\\]+([/?][^\s#]*)?$/,
      error,
    )
}

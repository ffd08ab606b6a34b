/** The URL of a webhook receiver, as far as its text says whether it is allowed. */
import { z } from 'zod'

/** Receivers without TLS or in a private network also need the setting WEBHOOK_PRIVATE_ADDRESSES. */
export const webhookUrl = z
  .string()
  .max(2_000)
  .regex(
    // Without the flag i, which a JSON schema cannot have.
    /^[hH][tT][tT][pP][sS]?:\/\/[^\s/?#@\\]+([/?][^\s#]*)?$/,
    'A webhook URL is an absolute URL such as https://example.com/hooks, without user name, password or fragment.',
  )

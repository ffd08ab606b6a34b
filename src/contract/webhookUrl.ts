/** The URL of a webhook receiver. */
import { remoteUrl } from './remoteUrl.ts'

/** Receivers without TLS or in a private network also need the setting WEBHOOK_PRIVATE_ADDRESSES. */
export const webhookUrl = remoteUrl(
  'A webhook URL is an absolute URL such as https://example.com/hooks, without user name, password or fragment.',
)

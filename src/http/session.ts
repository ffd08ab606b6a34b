/**
 * Sessions of browsers. A session is a cookie whose value is the API key and an expiry, sealed. The
 * service stores no sessions, and scripts of a page cannot read the cookie. A session ends with its
 * API key.
 */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { openSealedText, sealText } from '../domain/sealedText.ts'
import type { ApiEnv } from './apiEnv.ts'

const SESSION_SECONDS = 24 * 3_600
const PURPOSE = 'session'

interface Session {
  key: string
  /** In milliseconds since the epoch. */
  expiresAt: number
}

/**
 * With TLS, the prefix has browsers accept the cookie only from this host and only with `Secure`.
 * Without TLS, which only local development has, all ports of a host share their cookies, so the
 * name has the port.
 */
function cookieOf(c: Context): { name: string; secure: boolean } {
  const { protocol, port } = new URL(c.req.url)
  return protocol === 'https:'
    ? { name: '__Host-reelqueue', secure: true }
    : { name: `reelqueue-${port || 80}`, secure: false }
}

/** Sets the cookie. @returns the time at which the session expires */
export async function startSession(
  c: Context<ApiEnv>,
  key: string,
  keyExpiresAt: number | null,
): Promise<{ ok: true; expiresAt: number } | ErrorResult<'not_configured'>> {
  const { signingKeys } = c.get('platform').settings
  if (signingKeys.length === 0) {
    return errorResult('not_configured', 'Sessions need the secret SIGNING_KEYS or API_KEY.')
  }
  const longest = Date.now() + SESSION_SECONDS * 1_000
  const expiresAt = Math.min(longest, keyExpiresAt ?? longest)
  const { name, secure } = cookieOf(c)
  const value = await sealText(signingKeys, PURPOSE, JSON.stringify({ key, expiresAt }))
  setCookie(c, name, value, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'Strict',
    expires: new Date(expiresAt),
  })
  return { ok: true, expiresAt }
}

export function endSession(c: Context): void {
  const { name, secure } = cookieOf(c)
  deleteCookie(c, name, { path: '/', httpOnly: true, secure, sameSite: 'Strict' })
}

/** Returns the session of the request's cookie; null if there is none. */
export async function readSession(
  c: Context<ApiEnv>,
): Promise<({ ok: true } & Session) | ErrorResult<'unauthorized'> | null> {
  if (c.req.header('Cookie') === undefined) {
    return null
  }
  const value = getCookie(c, cookieOf(c).name)
  if (value === undefined) {
    return null
  }
  const text = await openSealedText(c.get('platform').settings.signingKeys, PURPOSE, value)
  const session = text === null ? null : (JSON.parse(text) as Session)
  return session === null || session.expiresAt <= Date.now()
    ? errorResult('unauthorized', 'The session has ended. Sign in again.')
    : { ok: true, ...session }
}

/**
 * The error for a request that a page of another origin may have caused. Browsers say where a
 * request comes from in `Sec-Fetch-Site`, and for unsafe methods in `Origin`. SameSite cookies alone
 * would let in other origins of the same site, such as `other.example.com`.
 *
 * @param isBrowser true if only a browser can have sent the request; it must then name its origin
 */
export function findCrossSiteError(c: Context, isBrowser: boolean) {
  const site = c.req.header('Sec-Fetch-Site')
  const origin = c.req.header('Origin')
  const isSafe = c.req.method === 'GET' || c.req.method === 'HEAD'
  const isSameOrigin =
    site !== undefined
      ? site === 'same-origin' || (isSafe && site === 'none')
      : origin !== undefined
        ? origin === new URL(c.req.url).origin
        : isSafe || !isBrowser
  return isSameOrigin
    ? null
    : errorResult(
        'cross_site_request',
        'A session can be used only by pages of this service. Send an API key as "Authorization: Bearer <key>".',
      )
}

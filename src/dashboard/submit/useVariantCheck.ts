/** Asks the service what a transformation is called, or what is wrong with it, while it is typed. */
import { useEffect, useState } from 'preact/hooks'

const DELAY_MS = 300

export interface VariantCheck {
  /** The canonical form; null until the service has responded. */
  canonical: string | null
  /** The message of the service about a transformation that it rejects; null if it accepts it. */
  problem: string | null
}
const UNKNOWN: VariantCheck = { canonical: null, problem: null }

/** The status of a variant names it by its canonical form, also if there is no such variant yet. */
async function check(variantUrl: string, signal: AbortSignal): Promise<VariantCheck> {
  const response = await fetch(variantUrl.replace('/t/', '/video-status/'), { signal })
  if (response.status === 400) {
    const { message } = (await response.json()) as { message: string }
    return { canonical: null, problem: message }
  }
  const link = /^<\/video-status\/([^/]+)\/.*>; rel="canonical"/.exec(
    response.headers.get('Link') ?? '',
  )
  return { canonical: link ? decodeURIComponent(link[1]!) : null, problem: null }
}

/** @param variantUrl URL of the variant, with the transformation as it was typed */
export function useVariantCheck(variantUrl: string): VariantCheck {
  const [found, setFound] = useState({ variantUrl: '', ...UNKNOWN })
  useEffect(() => {
    const stopped = new AbortController()
    const timer = setTimeout(() => {
      check(variantUrl, stopped.signal).then(
        (result) => setFound({ variantUrl, ...result }),
        () => {
          // Without the service, the page shows what was typed.
        },
      )
    }, DELAY_MS)
    return () => {
      clearTimeout(timer)
      stopped.abort()
    }
  }, [variantUrl])
  return found.variantUrl === variantUrl ? found : UNKNOWN
}

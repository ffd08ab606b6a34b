/** The address of a page: `#/jobs?status=error`. The service does not receive what is after `#`. */
import { useEffect, useMemo, useState } from 'preact/hooks'

export interface Route {
  path: string
  query: URLSearchParams
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const change = () => setHash(location.hash)
    addEventListener('hashchange', change)
    return () => removeEventListener('hashchange', change)
  }, [])
  return useMemo(() => {
    const [path = '', query] = hash.replace(/^#/, '').split('?')
    return { path, query: new URLSearchParams(query) }
  }, [hash])
}

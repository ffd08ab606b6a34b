/** The colours of the pages: those of the system, light, or dark. */
import { useEffect, useState } from 'preact/hooks'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORAGE_KEY = 'theme'
const changes = new EventTarget()

export function readTheme(): Theme {
  const kept = localStorage.getItem(STORAGE_KEY)
  return THEMES.find((theme) => theme === kept) ?? 'system'
}

/** Shows the pages in a theme, and keeps it for later visits. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme
  localStorage.setItem(STORAGE_KEY, theme)
  changes.dispatchEvent(new Event('change'))
}

/** Returns a number that changes with the colours, for pictures that have to be drawn anew. */
export function useColourChanges(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const change = () => setCount((last) => last + 1)
    changes.addEventListener('change', change)
    system.addEventListener('change', change)
    return () => {
      changes.removeEventListener('change', change)
      system.removeEventListener('change', change)
    }
  }, [])
  return count
}

/** The choice of the theme. */
import { useState } from 'preact/hooks'
import { applyTheme, readTheme, type Theme, THEMES } from './theme.ts'

export function ThemeSwitch() {
  const [theme, setTheme] = useState(readTheme)
  return (
    <select
      name="theme"
      aria-label="Theme"
      value={theme}
      onChange={({ currentTarget }) => {
        const chosen = currentTarget.value as Theme
        applyTheme(chosen)
        setTheme(chosen)
      }}
    >
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {name === 'system' ? 'system colours' : name}
        </option>
      ))}
    </select>
  )
}

/** Progress bars: redrawn in place on a terminal; elsewhere one line for each change. */
import type { WriteStream } from 'node:tty'

const WIDTH = 30

interface Bar {
  percent: number
  note: string
}

export function createBars(names: string[], out: WriteStream) {
  const bars = new Map<string, Bar>(names.map((name) => [name, { percent: 0, note: 'pending' }]))
  const longest = Math.max(...names.map((name) => name.length))

  const line = (name: string, { percent, note }: Bar) => {
    const full = Math.round((percent / 100) * WIDTH)
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
    return `${name.padEnd(longest)} ${bar} ${percent.toFixed(0).padStart(3)} %  ${note}`
  }
  const draw = () => {
    // Lines are cut to the terminal's width: `show` moves the cursor up one row for each bar, and a
    // wrapped line would take two rows.
    for (const [name, bar] of bars) {
      out.write(`\x1b[2K${line(name, bar).slice(0, (out.columns || 80) - 1)}\n`)
    }
  }
  if (out.isTTY) {
    draw()
  }

  return {
    show(name: string, percent: number, note: string): void {
      bars.set(name, { percent, note })
      if (!out.isTTY) {
        return void out.write(`${line(name, { percent, note })}\n`)
      }
      out.write(`\x1b[${bars.size}A`)
      draw()
    },
  }
}

/** The text format of Prometheus, version 0.0.4. */
import { type MetricName, METRICS, type Samples } from '../../contract/metrics.ts'

export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Label values are names of queues and constants, none of which needs to be escaped. */
export function formatMetrics(samples: Samples): string {
  const lines = Object.entries(samples).flatMap(([name, values]) => {
    const { help, type } = METRICS[name as MetricName]
    const rows = values.map(({ labels, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
      return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
    })
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...rows]
  })
  return `${lines.join('\n')}\n`
}

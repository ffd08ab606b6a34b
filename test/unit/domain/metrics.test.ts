/** The text of the metrics, and the queries of the dashboard, checked with the grammar of Prometheus. */
import { parser } from '@prometheus-io/lezer-promql'
import { expect, it } from 'vitest'
import dashboard from '../../../docs/operations/grafana.json' with { type: 'json' }
import { METRICS, type MetricName } from '../../../src/contract/metrics.ts'
import { formatMetrics } from '../../../src/http/responses/prometheusText.ts'

/** Parses a PromQL expression. Returns the metrics and the labels that it names. */
function parse(expression: string) {
  const found = { isValid: true, metrics: new Set<string>(), labels: new Set<string>() }
  parser.parse(expression).iterate({
    enter: ({ type, name, from, to }) => {
      found.isValid &&= !type.isError
      const text = expression.slice(from, to)
      if (name === 'Identifier') {
        found.metrics.add(text)
      } else if (name === 'LabelName') {
        found.labels.add(text)
      }
    },
  })
  return found
}

const names = Object.keys(METRICS) as MetricName[]

it('each line is a comment of its metric, or a series with a number', () => {
  const samples = Object.fromEntries(
    names.map((name) => {
      const labels = Object.fromEntries(METRICS[name].labels.map((label) => [label, 'a-b']))
      return [name, [{ labels, value: 0.25 }]]
    }),
  )
  const text = formatMetrics(samples)
  expect(text.endsWith('\n')).toBe(true)
  const lines = text.slice(0, -1).split('\n')
  expect(lines).toHaveLength(3 * names.length)
  for (const [index, name] of names.entries()) {
    const { help, type, labels } = METRICS[name]
    const [helpLine, typeLine, sample] = lines.slice(3 * index, 3 * index + 3)
    expect(helpLine).toBe(`# HELP ${name} ${help}`)
    expect(typeLine).toBe(`# TYPE ${name} ${type}`)
    const [, series, value] = /^(.+) (\S+)$/.exec(sample!)!
    const parsed = parse(series!)
    expect(parsed.isValid, series).toBe(true)
    expect([...parsed.metrics]).toEqual([name])
    expect([...parsed.labels]).toEqual(labels)
    expect(Number(value)).toBe(0.25)
  }
})

it('names have base units, and counters end in _total', () => {
  for (const name of names) {
    expect(name).toMatch(/^reelqueue_[a-z_]+$/)
    expect(name.endsWith('_total'), name).toBe(METRICS[name].type === 'counter')
    expect(name).not.toMatch(/milliseconds|_ms|kilobytes|percent/)
  }
})

it('the dashboard queries every metric, and only metrics and labels that are served', () => {
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  const used = new Set<string>()
  for (const query of queries) {
    const { isValid, metrics, labels } = parse(query.replaceAll('$__rate_interval', '5m'))
    expect(isValid, query).toBe(true)
    expect(metrics.size, query).toBeGreaterThan(0)
    for (const metric of metrics) {
      used.add(metric)
      expect(names, query).toContain(metric)
    }
    const served: string[] = [...metrics].flatMap((metric) => METRICS[metric as MetricName].labels)
    expect(served, query).toEqual(expect.arrayContaining([...labels]))
  }
  expect([...used].toSorted()).toEqual(names.toSorted())
  // Grafana takes the interval of the data source otherwise, by default 15 s: less than that of the scrapes.
  for (const target of dashboard.panels.flatMap(({ targets }) => targets)) {
    const isRate = target.expr.includes('$__rate_interval')
    expect('interval' in target && target.interval, target.expr).toBe(isRate && '1m')
  }
  // Control: the parser rejects a query that is not valid.
  expect(parse('sum by (reelqueue_jobs').isValid).toBe(false)
})

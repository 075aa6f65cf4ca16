import type { Clock } from '../../ports/clock.ts'
import type { MetricQuery, MetricReading, Metrics } from '../../ports/metrics.ts'
import { numberIn } from './number-in.ts'

export type NumberMetricsOptions = {
  readonly clock: Clock
  /** How long an answer may take, in milliseconds. Default 3,000. */
  readonly patienceMs?: number
}

const MOST_BYTES = 1_048_576

/** Queue depths and custom metrics that stand at a URL: a number, JSON, or Prometheus' text. */
export function createNumberMetrics({ clock, patienceMs = 3_000 }: NumberMetricsOptions): Metrics {
  return {
    read: async ({ metric }): Promise<MetricReading> => {
      const url = urlOf(metric)
      if (!url) return { samples: [], problem: `${nameOf(metric)} has no URL, and only what stands at one is measured here` }
      try {
        const found = numberIn(await textAt(url, patienceMs), metric.kind === 'custom' ? metric : {})
        if (typeof found === 'number') return { samples: [{ value: found, at: clock.now() }] }
        return { samples: [], problem: `${originOf(url)}: ${found.problem}` }
      } catch (error) {
        return { samples: [], problem: `${originOf(url)}: ${whyNot(error)}` }
      }
    },
  }
}

function urlOf(metric: MetricQuery['metric']): URL | undefined {
  const text = metric.kind === 'custom' ? metric.url : metric.kind === 'queue' ? metric.queue : undefined
  return text && /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined
}

const nameOf = (metric: MetricQuery['metric']) => (metric.kind === 'custom' ? metric.name : metric.kind)

/** Without credentials and query, which may hold secrets, since the problem becomes an event. */
const originOf = (url: URL) => `${url.origin}${url.pathname}`

async function textAt(url: URL, patienceMs: number): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs), headers: { accept: 'text/plain, application/json' } })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`it answered ${response.status}`)
  }
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > MOST_BYTES) throw new Error(`it answered more than ${MOST_BYTES} bytes`)
  }
  return text
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it did not answer in time'
  const cause = error.cause as { readonly code?: string } | undefined
  return cause?.code ?? error.message
}

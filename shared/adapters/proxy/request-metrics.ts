import type { Clock } from '../../ports/clock.ts'
import type { MetricReading, Metrics } from '../../ports/metrics.ts'
import type { HomeRouter } from './home-router.ts'

export type RequestMetricsOptions = { readonly router: Pick<HomeRouter, 'load'>; readonly clock: Clock }

/** Requests per second as the home router counts them: each HTTP request, HTTP/1 or 2, and at layer 4 each new connection. */
export function createRequestMetrics({ router, clock }: RequestMetricsOptions): Metrics {
  return {
    read: async ({ stream, metric, tasks }): Promise<MetricReading> => {
      if (metric.kind !== 'requests') return { samples: [], problem: `the router does not measure ${metric.kind}` }
      const { open, perSecond } = router.load(stream)
      const at = clock.now()
      const samples = tasks.flatMap(({ id }) => {
        const value = perSecond[id]
        return value === undefined ? [] : [{ task: id, value, at }]
      })
      return { samples, open }
    },
  }
}

import type { Clock } from '../../ports/clock.ts'
import type { MetricReading, Metrics } from '../../ports/metrics.ts'
import type { HomeRouter } from './home-router.ts'

export type RequestMetricsOptions = { readonly router: Pick<HomeRouter, 'load'>; readonly clock: Clock }

/**
 * Requests per second as the home router counts them: each HTTP request, HTTP/1 or 2, and at layer 4 each new connection. One figure, the mean
 * over the tasks that are asked about, like ALB's RequestCountPerTarget: a window of each task's own would count twice what an old one had and
 * a new one has now, and scale up too far.
 */
export function createRequestMetrics({ router, clock }: RequestMetricsOptions): Metrics {
  return {
    read: async ({ stream, metric, tasks }): Promise<MetricReading> => {
      if (metric.kind !== 'requests') return { samples: [], problem: `the router does not measure ${metric.kind}` }
      const { open, perSecond } = router.load(stream)
      if (tasks.length === 0) return { samples: [], open, problem: 'no task is ready for requests' }
      if (perSecond === undefined) return { samples: [], open, problem: 'the router began to count just now' }
      return { samples: [{ value: perSecond / tasks.length, at: clock.now() }], open }
    },
  }
}

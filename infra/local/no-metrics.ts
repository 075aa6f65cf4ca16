import type { Metrics } from '../../shared/ports/metrics.ts'

/** Where nothing measures: every metric is missing, so nothing is ever scaled down by it. */
export const noMetrics: Metrics = { read: async () => ({ samples: [], problem: 'this host measures nothing yet' }) }

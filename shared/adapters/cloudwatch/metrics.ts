import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { Clock } from '../../ports/clock.ts'
import type { MetricReading, Metrics } from '../../ports/metrics.ts'
import { type Answer, MetricBatch } from './metric-batch.ts'
import { type Figure, figureOf, type MetricNames, PERIOD } from './metric-series.ts'

export type CloudWatchMetricsOptions = {
  readonly client: CloudWatchClient
  readonly clock: Clock
  readonly names: MetricNames
  readonly gatherMs?: number
}

const MINUTE = PERIOD * 1_000
/** Metrics come up to some minutes late; whether an old one still counts is the reader's judgement. */
const LOOK_BACK = 10 * MINUTE

/** Metrics as CloudWatch keeps them: one figure for the whole service, of the newest whole minute that has one. */
export function createCloudWatchMetrics({ client, clock, names, gatherMs }: CloudWatchMetricsOptions): Metrics {
  const span = () => {
    const to = Math.floor(clock.now() / MINUTE) * MINUTE
    return { from: to - LOOK_BACK, to }
  }
  const batch = new MetricBatch({ client, span, gatherMs })
  return {
    read: async ({ stream, metric }): Promise<MetricReading> => {
      try {
        const figure = await figureOf(names, stream, metric)
        if ('problem' in figure) return { samples: [], problem: figure.problem }
        return readingOf(figure, await Promise.all(figure.series.map(stat => batch.ask(stat))))
      } catch (error) {
        return { samples: [], problem: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
      }
    },
  }
}

function readingOf(figure: Figure, answers: readonly Answer[]): MetricReading {
  const problem = answers.flatMap(answer => ('problem' in answer ? [answer.problem] : []))[0]
  if (problem) return { samples: [], problem }
  const series = answers.flatMap(answer => ('points' in answer ? [answer.points] : []))
  const complete = [...(series[0]?.keys() ?? [])].filter(at => series.every(points => points.has(at)))
  if (complete.length === 0) return { samples: [], problem: `CloudWatch has nothing of the last ${LOOK_BACK / MINUTE} minutes` }
  const newest = Math.max(...complete)
  return { samples: [{ value: figure.value(series.map(points => points.get(newest)!)), at: newest + MINUTE }] }
}

import type { MetricDataQuery, PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch'
import { hashOf } from '../../domain/hash.ts'
import type { ScaleTarget } from '../../domain/scale-policy.ts'
import type { WantedAlarm } from '../../ports/alarms.ts'
import { figureOf, type MetricNames, PERIOD } from './metric-series.ts'

/** An alarm's expression may hold so many metrics. */
const MOST_SERIES = 10

/**
 * The alarm as CloudWatch takes it: an expression of measured / target, the largest of several. Undefined where no target can be measured here. Its
 * description ends in a hash of it all, by which a later look knows whether it is still this one.
 */
export async function alarmInput(
  names: MetricNames,
  stream: string,
  name: string,
  alarm: WantedAlarm,
): Promise<PutMetricAlarmCommandInput | undefined> {
  const Metrics = await expressionOf(names, stream, alarm.targets)
  if (!Metrics) return undefined
  const input: PutMetricAlarmCommandInput = {
    AlarmName: name,
    Metrics,
    ComparisonOperator: alarm.side === 'high' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    Threshold: alarm.ratio,
    EvaluationPeriods: alarm.minutes,
    DatapointsToAlarm: alarm.minutes,
    TreatMissingData: 'missing',
    ActionsEnabled: false, // its change of state reaches the bus by itself
  }
  return { ...input, AlarmDescription: `Wakes Longshore's autoscaling of ${stream}; made and removed by it. ${hashOf(input)}` }
}

async function expressionOf(names: MetricNames, stream: string, targets: readonly ScaleTarget[]): Promise<MetricDataQuery[] | undefined> {
  const series: MetricDataQuery[] = []
  const ratios: string[] = []
  for (const { metric, target } of targets) {
    const figure = await figureOf(names, stream, metric)
    if ('problem' in figure || series.length + figure.series.length > MOST_SERIES) continue
    const ids = figure.series.map((MetricStat, index) => {
      const Id = `m${series.length + index}`
      return { Id, MetricStat, ReturnData: false }
    })
    series.push(...ids)
    ratios.push(`${figure.expression(ids.map(({ Id }) => Id))}/${target}`)
  }
  if (ratios.length === 0) return undefined
  const Expression = ratios.length === 1 ? ratios[0]! : `MAX([${ratios.join(',')}])`
  return [{ Id: 'ratio', Expression, Label: 'measured / target', ReturnData: true, Period: PERIOD }, ...series]
}

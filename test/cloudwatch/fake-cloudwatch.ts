import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricAlarm,
  type MetricDataQuery,
  type MetricDataResult,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch'

/** What one series has at a minute (ms since 1970); undefined where there is nothing. */
export type Series = (query: MetricDataQuery, minute: number) => number | undefined

export type Fault = (command: string, call: number) => Error | undefined

/** CloudWatch as far as Longshore uses it, in memory: counts calls, pages, and fails when told. */
export class FakeCloudWatch {
  readonly calls: Record<string, number> = {}
  /** Metrics that GetMetricData was asked for: what is billed. */
  metricsRequested = 0
  readonly alarms = new Map<string, MetricAlarm>()
  series: Series = () => undefined
  fault: Fault = () => undefined
  /** Instead of a series' points. */
  status: (query: MetricDataQuery) => MetricDataResult['StatusCode'] = () => 'Complete'
  pointsPerPage = 100_800
  alarmsPerPage = 100

  readonly client = { send: async (command: object) => this.#answer(command) } as unknown as CloudWatchClient

  #answer(command: object): object {
    const name = command.constructor.name.replace('Command', '')
    this.calls[name] = (this.calls[name] ?? 0) + 1
    const fault = this.fault(name, this.calls[name])
    if (fault) throw fault
    if (command instanceof GetMetricDataCommand) return this.#metricData(command.input)
    if (command instanceof PutMetricAlarmCommand) {
      const before = this.alarms.get(command.input.AlarmName!)
      this.alarms.set(command.input.AlarmName!, { StateValue: before?.StateValue ?? 'INSUFFICIENT_DATA', ...command.input })
      return {}
    }
    if (command instanceof DeleteAlarmsCommand) {
      const names = command.input.AlarmNames ?? []
      if (names.length > 100) throw new Error('ValidationError: at most 100 alarms')
      for (const alarm of names) this.alarms.delete(alarm)
      return {}
    }
    if (command instanceof DescribeAlarmsCommand) return this.#describe(command.input)
    throw new Error(`the fake has no ${name}`)
  }

  #metricData({ MetricDataQueries = [], StartTime, EndTime, NextToken }: GetMetricDataCommand['input']): object {
    if (MetricDataQueries.length > 500) throw new Error('ValidationError: at most 500 queries')
    if (new Set(MetricDataQueries.map(query => query.Id)).size < MetricDataQueries.length)
      throw new Error('ValidationError: ids must differ')
    if (!NextToken) this.metricsRequested += MetricDataQueries.length
    const points = MetricDataQueries.flatMap(query => this.#pointsOf(query, StartTime!.getTime(), EndTime!.getTime()))
    const from = Number(NextToken ?? 0)
    const page = Map.groupBy(points.slice(from, from + this.pointsPerPage), point => point.id)
    const MetricDataResults = MetricDataQueries.map(query => {
      const found = page.get(query.Id!) ?? []
      return {
        Id: query.Id,
        StatusCode: this.status(query),
        Timestamps: found.map(({ at }) => new Date(at)),
        Values: found.map(({ value }) => value),
      }
    })
    const next = from + this.pointsPerPage
    return { MetricDataResults, ...(next < points.length && { NextToken: String(next) }) }
  }

  #pointsOf(query: MetricDataQuery, from: number, to: number) {
    const points: { id: string; at: number; value: number }[] = []
    if (this.status(query) !== 'Complete') return points
    for (let at = Math.ceil(from / 60_000) * 60_000; at < to; at += 60_000) {
      const value = this.series(query, at)
      if (value !== undefined) points.unshift({ id: query.Id!, at, value })
    }
    return points
  }

  #describe({ AlarmNames, AlarmNamePrefix, StateValue, NextToken, MaxRecords }: DescribeAlarmsCommand['input']): object {
    if (AlarmNames && AlarmNamePrefix) throw new Error('ValidationError: names or a prefix')
    const found = [...this.alarms.values()].filter(
      ({ AlarmName = '', StateValue: state }) =>
        (!AlarmNames || AlarmNames.includes(AlarmName)) &&
        AlarmName.startsWith(AlarmNamePrefix ?? '') &&
        (!StateValue || state === StateValue),
    )
    const from = Number(NextToken ?? 0)
    const next = from + Math.min(MaxRecords ?? 50, this.alarmsPerPage)
    return { MetricAlarms: found.slice(from, next), ...(next < found.length && { NextToken: String(next) }) }
  }
}

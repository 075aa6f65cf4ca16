import { writeFileSync } from 'node:fs'
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch'
import { autoscale } from '../functions/autoscale.ts'
import { createCloudWatchAlarms } from '../shared/adapters/cloudwatch/alarms.ts'
import { createCloudWatchMetrics } from '../shared/adapters/cloudwatch/metrics.ts'
import { createEventLog } from '../shared/adapters/memory/event-log.ts'
import { createReadModel } from '../shared/adapters/memory/read-model.ts'
import { createSnapshots } from '../shared/adapters/memory/snapshots.ts'
import { Folds, foldService } from '../shared/application/folds.ts'
import { emptySpec } from '../shared/domain/spec.ts'
import { FakeCloudWatch } from '../test/cloudwatch/fake-cloudwatch.ts'

/** node bench/scaling-day.ts: a day of scaled services on AWS, minute by minute through the real function; writes docs/autoscaling-cost.md. */

const MINUTES = 1_440
const MINUTE = 60_000
const START = Date.parse('2026-11-27T00:00:00Z')
const TARGET = 50
/** us-east-1, USD: metrics asked for, metrics of alarms a month, API requests (of which a million a month cost nothing; not deducted here). */
const PRICE = { metric: 0.01 / 1_000, alarmMetric: 0.1, request: 0.01 / 1_000 }
const MONTH_DAYS = 30.4

const streamOf = (index: number) => `service/shop${index}/web`
const indexOf = (text: string) => Number(/shop(\d+)/.exec(text)?.[1])

/** Requests per second of a service: quiet nights, busy afternoons an hour apart from service to service, and noise that repeats from run to run. */
function loadOf(index: number, minute: number): number {
  const hour = (minute / 60 + (index % 5)) % 24
  const day = Math.max(0, Math.sin(((hour - 7) / 14) * Math.PI))
  const noise = (((index * 7_919 + minute * 104_729) % 1_000) / 1_000 - 0.5) * 0.2
  return (40 + (index % 7) * 60 * day) * (1 + noise)
}

/** What all is for is this: the day's own account. */
type Day = {
  readonly services: number
  readonly fake: FakeCloudWatch
  readonly alarmMetrics: number
  readonly changes: number
  readonly looks: number
}

async function simulate(services: number): Promise<Day> {
  const fake = new FakeCloudWatch()
  let now = START
  let changes = 0
  const clock = { now: () => now }
  const names = { cluster: 'main', family: (stream: string) => stream, targetGroups: async (stream: string) => [`targetgroup/${stream}/0`] }
  const log = createEventLog()
  const ports = {
    log,
    snapshots: createSnapshots(),
    folds: new Folds({ hearsPuts: false }),
    ids: { nonce: () => `${Math.random()}` },
    clock,
    readModel: createReadModel(),
    metrics: createCloudWatchMetrics({ client: fake.client, clock, names, gatherMs: 0 }),
    alarms: createCloudWatchAlarms({ client: fake.client, installation: 'here', names }),
  }
  const handler = autoscale(ports)
  const context = {} as never
  const send = async (bodies: readonly object[]) => {
    for (let at = 0; at < bodies.length; at += 10) {
      const Records = bodies.slice(at, at + 10).map((body, index) => ({ messageId: `${index}`, body: JSON.stringify(body) }))
      await handler({ Records } as never, context)
    }
  }
  const replicas = new Map<number, number>()
  const ratioAt = (index: number, minute: number) => loadOf(index, minute) / (replicas.get(index) ?? 1) / TARGET
  fake.series = (query, at) => {
    const dimension = query.MetricStat!.Metric!.Dimensions![0]!.Value!
    return ratioAt(indexOf(dimension), (at - START) / MINUTE) * TARGET * 60
  }

  for (let index = 0; index < services; index++) {
    await begin(ports.log, streamOf(index), now)
    replicas.set(index, 1)
  }
  await send(Array.from({ length: services }, (_, index) => ({ detail: { stream: streamOf(index) } })))
  for (let minute = 1; minute <= MINUTES; minute++) {
    now = START + minute * MINUTE + 5_000
    const transitions = evaluate(fake, (index, back) => ratioAt(index, minute - 1 - back))
    await send(transitions.map(alarmName => ({ detail: { alarmName } })))
    await handler({}, context)
    const moved: number[] = []
    for (let index = 0; index < services; index++) {
      const stream = streamOf(index)
      const head = await log.head(stream)
      if (head!.at !== now) continue
      const s = await foldService(ports, stream)
      if (s.scale.replicas === replicas.get(index)) continue
      replicas.set(index, s.scale.replicas)
      changes++
      await follow(ports, stream, now)
      moved.push(index)
    }
    await send(moved.map(index => ({ detail: { stream: streamOf(index) } })))
  }
  const alarmMetrics = [...fake.alarms.values()].reduce((sum, { Metrics = [] }) => sum + Metrics.filter(one => one.MetricStat).length, 0)
  return { services, fake, alarmMetrics, changes, looks: fake.metricsRequested }
}

/** CloudWatch's own part: each alarm over its minutes. Answers those that changed their state. */
function evaluate(fake: FakeCloudWatch, ratio: (index: number, minutesBack: number) => number): readonly string[] {
  const changed: string[] = []
  for (const [name, alarm] of fake.alarms) {
    const index = indexOf(name)
    const isBeyond = (back: number) =>
      alarm.ComparisonOperator === 'GreaterThanThreshold' ? ratio(index, back) > alarm.Threshold! : ratio(index, back) < alarm.Threshold!
    const isOn = Array.from({ length: alarm.EvaluationPeriods! }, (_, back) => isBeyond(back)).every(Boolean)
    const StateValue: MetricAlarm['StateValue'] = isOn ? 'ALARM' : 'OK'
    if (alarm.StateValue !== StateValue) changed.push(name)
    fake.alarms.set(name, { ...alarm, StateValue })
  }
  return changed
}

type Log = ReturnType<typeof createEventLog>

/** A deployed service with one ready task. */
async function begin(log: Log, stream: string, at: number): Promise<void> {
  const scale = { min: 1, max: 20, targets: [{ metric: { kind: 'requests' as const }, target: TARGET }] }
  const spec = { ...emptySpec, image: 'shop/web', scale }
  const wish = { stamp: 1, cause: 'up', deployment: 1, revision: 1, restarts: 0, stopped: false, replicas: 1, replicasBy: 1, spec }
  await put(log, stream, at, [{ type: 'WishTaken', wish }, ...started([1])])
}

const started = (numbers: readonly number[]) => [
  { type: 'StartsIntended', tasks: numbers.map(number => ({ id: `web-${number}`, number })), revision: 1, restarts: 0, why: 'missing' },
  ...numbers.map(number => ({ type: 'TaskSeen', id: `web-${number}`, state: 'running', seen: 1, ready: true })),
]

/** What reconcile and the runtime would have done within the minute. */
async function follow(ports: Parameters<typeof foldService>[0] & { readonly log: Log }, stream: string, at: number): Promise<void> {
  const s = await foldService(ports, stream)
  const ids = Object.keys(s.tasks)
  const missing = s.scale.replicas - ids.length
  const next = Array.from({ length: Math.max(0, missing) }, (_, index) => s.lastNumber + 1 + index)
  const surplus = ids
    .slice(0, Math.max(0, -missing))
    .map(id => ({ type: 'TaskSeen', id, state: 'stopped', seen: 2, exit: { reason: 'stopped' } }))
  await put(ports.log, stream, at, [...(next.length ? started(next) : []), ...surplus])
}

async function put(log: Log, stream: string, at: number, events: readonly object[]): Promise<void> {
  const version = ((await log.head(stream))?.version ?? 0) + 1
  await log.put({ stream, version, at, actor: 'reconcile', nonce: `${stream} ${version}`, events } as never)
}

function rowOf({ services, fake, alarmMetrics, changes, looks }: Day): string {
  const { PutMetricAlarm = 0, DescribeAlarms = 0, GetMetricData = 0, DeleteAlarms = 0 } = fake.calls
  const requests = PutMetricAlarm + DescribeAlarms + DeleteAlarms
  const month = alarmMetrics * PRICE.alarmMetric + MONTH_DAYS * (looks * PRICE.metric + requests * PRICE.request)
  const polled = MONTH_DAYS * services * MINUTES * PRICE.metric
  const figures = [services, changes, looks, GetMetricData, DescribeAlarms, PutMetricAlarm].map(figure => figure.toLocaleString('en-US'))
  return `| ${figures.join(' | ')} | $${month.toFixed(2)} | $${polled.toFixed(2)} |`
}

const days: Day[] = []
for (const services of [10, 100, 1_000]) {
  process.stderr.write(`${services} services … `)
  const began = performance.now()
  days.push(await simulate(services))
  process.stderr.write(`${Math.round((performance.now() - began) / 1_000)} s\n`)
}
writeFileSync(
  new URL('../docs/autoscaling-cost.md', import.meta.url),
  `# What autoscaling asks of CloudWatch

Written by \`node bench/scaling-day.ts\`: one day of services scaled by requests per task (target ${TARGET}, 1 to 20 tasks, a quiet night and a busy
afternoon, ±10 % noise), minute by minute through the real function \`autoscale\` and the real adapters, against a CloudWatch in memory that counts. Each service has
a pair of alarms; metrics are read only for those whose alarm is on and whose bounds let them follow it.

| scaled services | changes of count | metrics read | GetMetricData | DescribeAlarms | PutMetricAlarm | a month | a month, if each were read every minute |
|---|---|---|---|---|---|---|---|
${days.map(rowOf).join('\n')}

Prices of us-east-1 as of 2026-11: $0.01 per 1,000 metrics read, $0.10 a month for each metric of an alarm, $0.01 per 1,000 other requests (the
first million a month is free and not deducted). A service scaled by CPU or memory has two metrics in each alarm, used and reserved, and costs twice as much in both columns.
Container Insights' own price, the alarms' events on the bus and the function's runs are not in it.
`,
)

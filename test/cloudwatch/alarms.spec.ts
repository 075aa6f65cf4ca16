import { expect, test } from 'vitest'
import { createCloudWatchAlarms } from '../../shared/adapters/cloudwatch/alarms.ts'
import type { ScaleTarget } from '../../shared/domain/scale-policy.ts'
import type { WantedAlarm } from '../../shared/ports/alarms.ts'
import { FakeCloudWatch } from './fake-cloudwatch.ts'

const WEB = 'service/shop/web'
const requests: ScaleTarget = { metric: { kind: 'requests' }, target: 50 }
const pair = (...targets: ScaleTarget[]): readonly WantedAlarm[] => [
  { side: 'high', targets, ratio: 1.1, minutes: 1 },
  { side: 'low', targets, ratio: 0.9, minutes: 3 },
]

function start() {
  const fake = new FakeCloudWatch()
  const names = {
    cluster: 'main',
    family: (stream: string) => stream.replaceAll('/', '-'),
    targetGroups: async () => ['targetgroup/web/0123'],
  }
  const alarms = createCloudWatchAlarms({ client: fake.client, installation: 'here', names })
  const states = () => [...fake.alarms.keys()].sort()
  return { fake, alarms, states }
}

test('a pair is made by names that say whose it is, and says what it is for', async () => {
  const { fake, alarms, states } = start()
  await alarms.apply(new Map([[WEB, pair(requests)]]))
  expect(states()).toEqual(['longshore/here/service/shop/web/high', 'longshore/here/service/shop/web/low'])
  expect(fake.alarms.get('longshore/here/service/shop/web/high')).toMatchObject({
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 1.1,
    EvaluationPeriods: 1,
    TreatMissingData: 'missing',
    AlarmDescription: expect.stringContaining('service/shop/web'),
    Metrics: [
      { Id: 'ratio', Expression: 'm0/60/50', ReturnData: true },
      { Id: 'm0', ReturnData: false, MetricStat: { Stat: 'Sum', Metric: { MetricName: 'RequestCountPerTarget' } } },
    ],
  })
  expect(fake.alarms.get('longshore/here/service/shop/web/low')).toMatchObject({ ComparisonOperator: 'LessThanThreshold', Threshold: 0.9 })
})

test('of several targets the largest ratio counts; what cannot be measured here is left out', async () => {
  const { fake, alarms } = start()
  const targets: ScaleTarget[] = [
    { metric: { kind: 'cpu' }, target: 60 },
    { metric: { kind: 'custom', name: 'lag', url: 'http://lag.internal/' }, target: 5 },
    { metric: { kind: 'queue', queue: 'jobs' }, target: 30 },
  ]
  await alarms.apply(new Map([[WEB, pair(...targets)]]))
  const { Metrics } = fake.alarms.get('longshore/here/service/shop/web/high')!
  expect(Metrics!.map(({ Expression, MetricStat }) => Expression ?? MetricStat?.Metric?.MetricName)).toEqual([
    'MAX([100*m0/m1/60,m2/30])',
    'CpuUtilized',
    'CpuReserved',
    'ApproximateNumberOfMessagesVisible',
  ])
})

test('E4: the same again changes nothing; another target changes both; none takes them away', async () => {
  const { fake, alarms, states } = start()
  for (let i = 0; i < 3; i++) await alarms.apply(new Map([[WEB, pair(requests)]]))
  expect(fake.calls).toEqual({ DescribeAlarms: 3, PutMetricAlarm: 2 })
  await alarms.apply(new Map([[WEB, pair({ ...requests, target: 60 })]]))
  expect(fake.calls['PutMetricAlarm']).toBe(4)
  await alarms.apply(new Map([[WEB, []]]))
  expect([states(), fake.calls['DeleteAlarms']]).toEqual([[], 1])
  await alarms.apply(new Map([[WEB, []]]))
  expect(fake.calls['DeleteAlarms']).toBe(1)
})

test('E4: a call that fails half way is made good by the next', async () => {
  const { fake, alarms, states } = start()
  fake.fault = (name, call) =>
    name === 'PutMetricAlarm' && call === 2 ? Object.assign(new Error('Rate exceeded'), { name: 'Throttling' }) : undefined
  await expect(alarms.apply(new Map([[WEB, pair(requests)]]))).rejects.toThrow('Rate exceeded')
  expect(states()).toHaveLength(1)
  await alarms.apply(new Map([[WEB, pair(requests)]]))
  expect(states()).toHaveLength(2)
})

test('the audit removes what no service wants, repairs what somebody changed, and touches no other installation’s, over any number of pages', async () => {
  const { fake, alarms, states } = start()
  const wanted = new Map(Array.from({ length: 130 }, (_, index) => [`service/shop/web${index}`, pair(requests)] as const))
  await alarms.applyAll(wanted)
  await alarms.apply(new Map([['service/gone/web', pair(requests)]]))
  const foreign = { AlarmName: 'longshore/there/service/shop/web/high', StateValue: 'ALARM' as const }
  fake.alarms.set(foreign.AlarmName, foreign)
  const changed = fake.alarms.get('longshore/here/service/shop/web7/low')!
  fake.alarms.set(changed.AlarmName!, { ...changed, AlarmDescription: 'edited in the console' })
  const puts = fake.calls['PutMetricAlarm']!
  await alarms.applyAll(wanted)
  expect(fake.calls['PutMetricAlarm']).toBe(puts + 1)
  expect(states()).toHaveLength(261)
  expect(states().filter(name => name.includes('/gone/'))).toEqual([])
})

test('those that are on are told with their side, over any number of pages', async () => {
  const { fake, alarms } = start()
  await alarms.applyAll(new Map(Array.from({ length: 150 }, (_, index) => [`service/shop/web${index}`, pair(requests)] as const)))
  for (const alarm of fake.alarms.values())
    fake.alarms.set(alarm.AlarmName!, { ...alarm, StateValue: alarm.AlarmName!.endsWith('high') ? 'ALARM' : 'OK' })
  const on = await alarms.on()
  expect(on).toHaveLength(150)
  expect(on[0]).toEqual({ stream: 'service/shop/web0', side: 'high' })
})

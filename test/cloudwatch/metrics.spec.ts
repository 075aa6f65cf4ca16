import { expect, test } from 'vitest'
import { createCloudWatchMetrics } from '../../shared/adapters/cloudwatch/metrics.ts'
import type { Metric } from '../../shared/domain/scale-policy.ts'
import { metricsContract } from '../contracts/metrics-contract.ts'
import { FakeCloudWatch } from './fake-cloudwatch.ts'

const NOW = Date.parse('2026-11-27T10:00:30Z')
const MINUTE = 60_000
const LAST = NOW - 30_000 - MINUTE // the newest whole minute

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'service/shop/web': ['targetgroup/web/0123'],
  'service/shop/wide': ['targetgroup/wide/1', 'targetgroup/wide/2'],
}

function start(now = () => NOW) {
  const fake = new FakeCloudWatch()
  const names = {
    cluster: 'main',
    family: (stream: string) => stream.replaceAll('/', '-'),
    targetGroups: async (stream: string) => GROUPS[stream] ?? [],
  }
  const metrics = createCloudWatchMetrics({ client: fake.client, clock: { now }, names, gatherMs: 1 })
  const read = (metric: Metric, stream = 'service/shop/web') => metrics.read({ stream, metric, tasks: [] })
  return { fake, metrics, read }
}

metricsContract('CloudWatch', async () => {
  const { fake, metrics } = start(() => Date.now())
  fake.series = () => 12
  return {
    metrics,
    stream: 'service/shop/web',
    metric: { kind: 'cpu' },
    isPerTask: false,
    tasks: [{ id: 'web-1' }, { id: 'web-2' }],
    foreign: { kind: 'custom', name: 'jobs', url: 'http://jobs.internal/' },
    oldestMs: 2 * MINUTE,
    fail: () => {
      fake.fault = () => new Error('connect ETIMEDOUT')
    },
    close: async () => {},
  }
})

test.each<[Metric, string, string[], Record<string, string>, number, number]>([
  [
    { kind: 'cpu' },
    'ECS/ContainerInsights',
    ['CpuUtilized', 'CpuReserved'],
    { ClusterName: 'main', TaskDefinitionFamily: 'service-shop-web' },
    64,
    25,
  ],
  [
    { kind: 'memory' },
    'ECS/ContainerInsights',
    ['MemoryUtilized', 'MemoryReserved'],
    { ClusterName: 'main', TaskDefinitionFamily: 'service-shop-web' },
    64,
    25,
  ],
  [{ kind: 'requests' }, 'AWS/ApplicationELB', ['RequestCountPerTarget'], { TargetGroup: 'targetgroup/web/0123' }, 600, 10],
  [
    { kind: 'queue', queue: 'https://sqs.us-east-1.amazonaws.com/1/jobs' },
    'AWS/SQS',
    ['ApproximateNumberOfMessagesVisible'],
    { QueueName: 'jobs' },
    7,
    7,
  ],
  [{ kind: 'custom', name: 'lag', namespace: 'Shop', dimensions: { topic: 'mail' } }, 'Shop', ['lag'], { topic: 'mail' }, 7, 7],
])('%j is found by its name, and read as %s', async (metric, namespace, names, dimensions, point, expected) => {
  const { fake, read } = start()
  const asked: string[] = []
  fake.series = ({ MetricStat }) => {
    const { Namespace, MetricName, Dimensions } = MetricStat!.Metric!
    asked.push(MetricName!)
    expect([Namespace, Object.fromEntries(Dimensions!.map(({ Name, Value }) => [Name, Value]))]).toEqual([namespace, dimensions])
    return MetricName!.endsWith('Reserved') ? 256 : point
  }
  expect(await read(metric)).toEqual({ samples: [{ value: expected, at: LAST + MINUTE }] })
  expect([...new Set(asked)]).toEqual(names)
})

test('requests of a service with two published ports are those of both its target groups', async () => {
  const { fake, read } = start()
  fake.series = ({ MetricStat }) => (MetricStat!.Metric!.Dimensions![0]!.Value!.endsWith('/1') ? 600 : 120)
  expect(await read({ kind: 'requests' }, 'service/shop/wide')).toEqual({ samples: [{ value: 12, at: LAST + MINUTE }] })
})

test('the newest minute in which every part is known counts, with its own moment; the minute under way is not asked for', async () => {
  const { fake, read } = start()
  const minutes: number[] = []
  fake.series = ({ MetricStat }, minute) => {
    minutes.push(minute)
    const isReserved = MetricStat!.Metric!.MetricName === 'CpuReserved'
    if (minute > LAST - (isReserved ? 3 : 1) * MINUTE) return undefined
    return isReserved ? 100 : 40
  }
  expect(await read({ kind: 'cpu' })).toEqual({ samples: [{ value: 40, at: LAST - 2 * MINUTE }] })
  expect(Math.max(...minutes)).toBe(LAST)
})

test('no data is no reading, never zero', async () => {
  const { read } = start()
  expect(await read({ kind: 'cpu' })).toEqual({ samples: [], problem: 'CloudWatch has nothing of the last 10 minutes' })
  expect(await read({ kind: 'requests' }, 'service/shop/worker')).toEqual({
    samples: [],
    problem: expect.stringContaining('no load balancer'),
  })
})

test('a reserve of zero or an absurd figure is passed on as it is, for the autoscaler to judge', async () => {
  const { fake, read } = start()
  fake.series = ({ MetricStat }) => (MetricStat!.Metric!.MetricName === 'CpuReserved' ? 0 : -5)
  expect((await read({ kind: 'cpu' })).samples[0]!.value).toBe(Number.NEGATIVE_INFINITY)
})

test('services that ask at once share calls, 500 series in each, and each gets its own figure', async () => {
  const { fake, metrics } = start()
  fake.series = ({ MetricStat }) => Number(MetricStat!.Metric!.Dimensions![0]!.Value)
  const queues = Array.from({ length: 1_201 }, (_, index) => ({ kind: 'queue' as const, queue: String(index) }))
  const readings = await Promise.all(queues.map(metric => metrics.read({ stream: 'service/shop/web', metric, tasks: [] })))
  expect(readings.map(({ samples }) => samples[0]?.value)).toEqual(queues.map((_, index) => index))
  expect([fake.calls['GetMetricData'], fake.metricsRequested]).toEqual([3, 1_201])
})

test('an answer in pages is put together', async () => {
  const { fake, read } = start()
  fake.pointsPerPage = 3
  fake.series = ({ MetricStat }) => (MetricStat!.Metric!.MetricName === 'CpuReserved' ? 200 : 50)
  expect((await read({ kind: 'cpu' })).samples).toEqual([{ value: 25, at: LAST + MINUTE }])
  expect(fake.calls['GetMetricData']).toBeGreaterThan(2)
})

test('one call that fails leaves the others their readings; one series that is refused, too', async () => {
  const { fake, metrics } = start()
  fake.series = () => 3
  fake.fault = (_, call) => (call === 2 ? Object.assign(new Error('Rate exceeded'), { name: 'Throttling' }) : undefined)
  fake.status = ({ MetricStat }) => (MetricStat!.Metric!.Dimensions![0]!.Value === '7' ? 'Forbidden' : 'Complete')
  const readings = await Promise.all(
    Array.from({ length: 600 }, (_, index) =>
      metrics.read({ stream: 'service/shop/web', metric: { kind: 'queue', queue: String(index) }, tasks: [] }),
    ),
  )
  expect(readings.slice(0, 500).filter(({ samples }) => samples.length === 1)).toHaveLength(499)
  expect(readings[7]!.problem).toContain('Forbidden')
  for (const { samples, problem } of readings.slice(500)) expect([samples, problem]).toEqual([[], expect.stringContaining('Rate exceeded')])
})

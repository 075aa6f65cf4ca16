import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { beforeEach, describe, expect, it } from 'vitest'
import { createCloudWatchAlarms } from '../../shared/adapters/cloudwatch/alarms.ts'
import { alarmName } from '../../shared/domain/alarm-name.ts'
import type { ScaleTarget } from '../../shared/domain/scale-policy.ts'
import type { Alarms, WantedAlarm } from '../../shared/ports/alarms.ts'
import { type Fault, makeFaulty } from '../aws/faulty-client.ts'
import { fresh, onMoto } from './on-moto.ts'

const WEB = 'service/shop/web'
const JOBS = 'service/shop/jobs'
const cpu: ScaleTarget = { metric: { kind: 'cpu' }, target: 60 }
const queue: ScaleTarget = { metric: { kind: 'queue', queue: 'jobs' }, target: 30 }
const pair = (...targets: ScaleTarget[]): readonly WantedAlarm[] => [
  { side: 'high', targets, ratio: 1.1, minutes: 1 },
  { side: 'low', targets, ratio: 0.9, minutes: 3 },
]

describe('alarms of CloudWatch', () => {
  const client = new CloudWatchClient(onMoto())
  let installation: string
  let alarms: Alarms
  const alarmsOn = (on: CloudWatchClient) =>
    createCloudWatchAlarms({
      client: on,
      installation,
      names: { cluster: 'main', family: stream => stream.replaceAll('/', '-'), targetGroups: async () => ['targetgroup/web/0123'] },
    })
  beforeEach(() => {
    installation = fresh('test')
    alarms = alarmsOn(client)
  })
  const there = async (): Promise<readonly MetricAlarm[]> => {
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: `longshore/${installation}/` }))
    return MetricAlarms.toSorted((a, b) => (a.AlarmName! < b.AlarmName! ? -1 : 1))
  }
  const name = (stream: string, side: 'high' | 'low') => alarmName(installation, stream, side)

  it('E4: a pair is made, changed by its target and taken away; the same again changes nothing', async () => {
    await alarms.apply(new Map([[WEB, pair(cpu)]]))
    const [high, low] = await there()
    expect([high!.AlarmName, low!.AlarmName]).toEqual([name(WEB, 'high'), name(WEB, 'low')])
    expect(high).toMatchObject({ ComparisonOperator: 'GreaterThanThreshold', Threshold: 1.1, EvaluationPeriods: 1, ActionsEnabled: false })
    expect(low).toMatchObject({ ComparisonOperator: 'LessThanThreshold', Threshold: 0.9, EvaluationPeriods: 3 })
    expect(high!.Metrics!.map(({ Expression, MetricStat }) => Expression ?? MetricStat?.Metric?.MetricName)).toEqual([
      '100*m0/m1/60',
      'CpuUtilized',
      'CpuReserved',
    ])
    const counted = makeFaulty(new CloudWatchClient(onMoto()), () => undefined)
    await alarmsOn(counted.client).apply(new Map([[WEB, pair(cpu)]]))
    expect(counted.calls).toEqual(['DescribeAlarms'])
    await alarms.apply(new Map([[WEB, pair({ ...cpu, target: 50 })]]))
    expect((await there())[0]!.Metrics![0]!.Expression).toBe('100*m0/m1/50')
    await alarms.apply(new Map([[WEB, []]]))
    expect(await there()).toEqual([])
  })

  it('of several targets the largest ratio counts', async () => {
    await alarms.apply(new Map([[WEB, pair(cpu, queue)]]))
    expect((await there())[0]!.Metrics![0]!.Expression).toBe('MAX([100*m0/m1/60,m2/30])')
  })

  it('those that are on are told with their side, and no other installation’s', async () => {
    await alarms.apply(
      new Map([
        [WEB, pair(cpu)],
        [JOBS, pair(queue)],
      ]),
    )
    expect(await alarms.on()).toEqual([])
    const turn = (AlarmName: string) => client.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'a test' }))
    await turn(name(JOBS, 'low'))
    expect(await alarms.on()).toEqual([{ stream: JOBS, side: 'low' }])
    installation = fresh('other')
    expect(await alarmsOn(client).on()).toEqual([])
  })

  it('the audit makes what is missing, mends what somebody changed, removes what nobody wants, and touches no other installation’s', async () => {
    const other = installation
    await alarms.apply(new Map([[WEB, pair(cpu)]]))
    installation = fresh('test')
    const mine = alarmsOn(client)
    await mine.apply(new Map([['service/gone/web', pair(cpu)]]))
    const wanted = new Map([
      [WEB, pair(cpu)],
      [JOBS, pair(queue)],
    ])
    await mine.applyAll(wanted)
    expect((await there()).map(({ AlarmName }) => AlarmName)).toEqual(
      [WEB, JOBS].flatMap(one => [name(one, 'high'), name(one, 'low')]).toSorted(),
    )
    const [edited] = await there()
    const { AlarmName, Metrics, ComparisonOperator, EvaluationPeriods } = edited!
    await client.send(new PutMetricAlarmCommand({ AlarmName, Metrics, ComparisonOperator, EvaluationPeriods, Threshold: 77 }))
    await mine.applyAll(wanted)
    expect((await there())[0]!.Threshold).toBe(edited!.Threshold)
    await mine.applyAll(new Map())
    expect(await there()).toEqual([])
    installation = other
    expect(await there()).toHaveLength(2)
  })

  it.each(['lost before', 'lost after', 'throttled'] as const)(
    'E4: a call that is %s once leaves what the next look completes',
    async kind => {
      const seen = new Set<string>()
      const fault = (command: string): Fault => (seen.size < seen.add(command).size ? kind : undefined)
      const faulty = alarmsOn(makeFaulty(new CloudWatchClient({ ...onMoto(), maxAttempts: 1 }), fault).client)
      const until = async (wanted: readonly WantedAlarm[]) => {
        for (let run = 0; run < 10; run++) {
          const done = faulty.apply(new Map([[WEB, wanted]])).then(
            () => true,
            () => false,
          )
          if (await done) return
        }
        throw new Error('did not settle')
      }
      await until(pair(cpu))
      expect(await there()).toHaveLength(2)
      await until([])
      expect(await there()).toEqual([])
      expect([...seen].toSorted()).toEqual(['DeleteAlarms', 'DescribeAlarms', 'PutMetricAlarm'])
    },
  )
})

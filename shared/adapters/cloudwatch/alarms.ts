import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  type MetricAlarm,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch'
import { alarmName, alarmPrefix, sideOfAlarm, streamOfAlarm } from '../../domain/alarm-name.ts'
import type { Alarms, WantedAlarm } from '../../ports/alarms.ts'
import { alarmInput } from './alarm-input.ts'
import type { MetricNames } from './metric-series.ts'

export type CloudWatchAlarmsOptions = { readonly client: CloudWatchClient; readonly installation: string; readonly names: MetricNames }

type Wanted = ReadonlyMap<string, readonly WantedAlarm[]>

/** DescribeAlarms' and DeleteAlarms' own limits. */
const PAGE = 100

/** Alarms of CloudWatch, by names that say whose they are; what is right already is left alone, since PutMetricAlarm is let through three times a second. */
export function createCloudWatchAlarms(options: CloudWatchAlarmsOptions): Alarms {
  const { client, installation } = options
  return {
    apply: async wanted => {
      const names = [...wanted.keys()].flatMap(stream => (['high', 'low'] as const).map(side => alarmName(installation, stream, side)))
      const present: MetricAlarm[] = []
      for (let at = 0; at < names.length; at += PAGE)
        present.push(...(await describe(client, { AlarmNames: names.slice(at, at + PAGE), MaxRecords: PAGE })))
      await settle(options, wanted, present)
    },
    applyAll: async wanted =>
      settle(options, wanted, await describe(client, { AlarmNamePrefix: alarmPrefix(installation), MaxRecords: PAGE })),
    on: async () => {
      const found = await describe(client, { AlarmNamePrefix: alarmPrefix(installation), StateValue: 'ALARM', MaxRecords: PAGE })
      return found.flatMap(({ AlarmName = '', StateValue }) => {
        const [stream, side] = [streamOfAlarm(AlarmName), sideOfAlarm(AlarmName)]
        return stream && side && StateValue === 'ALARM' ? [{ stream, side }] : [] // an emulator leaves the filter out
      })
    },
  }
}

async function describe(client: CloudWatchClient, input: DescribeAlarmsCommandInput): Promise<readonly MetricAlarm[]> {
  const found: MetricAlarm[] = []
  let next: string | undefined
  do {
    const page = await client.send(new DescribeAlarmsCommand({ ...input, NextToken: next }))
    found.push(...(page.MetricAlarms ?? []))
    next = page.NextToken
  } while (next)
  return found
}

async function settle(
  { client, installation, names }: CloudWatchAlarmsOptions,
  wanted: Wanted,
  present: readonly MetricAlarm[],
): Promise<void> {
  const described = new Map(present.map(alarm => [alarm.AlarmName!, alarm.AlarmDescription]))
  for (const [stream, alarms] of wanted) {
    for (const alarm of alarms) {
      const name = alarmName(installation, stream, alarm.side)
      const input = await alarmInput(names, stream, name, alarm)
      if (!input) continue
      if (described.get(name) !== input.AlarmDescription) await client.send(new PutMetricAlarmCommand(input))
      described.delete(name)
    }
  }
  const left = [...described.keys()]
  for (let at = 0; at < left.length; at += PAGE) await client.send(new DeleteAlarmsCommand({ AlarmNames: left.slice(at, at + PAGE) }))
}

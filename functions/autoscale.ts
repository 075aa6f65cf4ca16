import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { type AlarmPorts, auditAlarms, settleAlarms, streamsDue } from '../shared/application/alarms.ts'
import { type AutoscalePorts, autoscale as scaleStream, wakeOnDemand } from '../shared/application/autoscale.ts'
import { inLanes } from '../shared/application/sweep.ts'
import { onRecords } from './queue-trigger.ts'
import { parseScaling } from './scaling-message.ts'

/** First requests, alarms and commits from the queue; on schedule every service that is due. */
export const autoscale = (ports: AutoscalePorts & AlarmPorts) => {
  const queued = onRecords(
    record => parseScaling(record.body),
    ({ stream, kind }) => `${kind === 'demand' ? 'demand' : 'look'} ${stream}`,
    async messages => {
      const { stream, kind } = messages[0]!
      if (kind === 'demand') return wakeOnDemand(ports, stream)
      if (messages.some(message => message.kind === 'commit')) await settleAlarms(ports, stream)
      await scaleStream(ports, stream)
    },
  )
  return middy<SQSEvent | { readonly Records?: undefined }, SQSBatchResponse | void>().handler(async (event, context) => {
    if (event?.Records) return queued(event as SQSEvent, context)
    await inLanes(await streamsDue(ports), stream => scaleStream(ports, stream))
    await auditAlarms(ports)
  })
}

import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { type AutoscalePorts, autoscale as scaleStream, streamsToScale, wakeOnDemand } from '../shared/application/autoscale.ts'
import { inTurn } from '../shared/application/sweep.ts'
import { onRecords } from './queue-trigger.ts'
import { parseScaling } from './scaling-message.ts'

/** First requests, alarms and new wishes from the queue; on schedule every service that is scaled. */
export const autoscale = (ports: AutoscalePorts) => {
  const queued = onRecords(
    record => parseScaling(record.body),
    ({ stream, demand }) => `${demand ? 'demand' : 'look'} ${stream}`,
    async ([first]) => (first!.demand ? wakeOnDemand(ports, first!.stream) : scaleStream(ports, first!.stream)),
  )
  return middy<SQSEvent | { readonly Records?: undefined }, SQSBatchResponse | void>().handler(async (event, context) => {
    if (event?.Records) return queued(event as SQSEvent, context)
    await inTurn(await streamsToScale(ports), stream => scaleStream(ports, stream))
  })
}

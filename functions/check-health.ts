import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { type CheckHealthPorts, checkHealth as checkStream, streamsToCheck } from '../shared/application/check-health.ts'
import { inTurn } from '../shared/application/sweep.ts'
import { onQueue } from './queue-trigger.ts'

/** Facts and wakes of one stream, or on schedule every stream that waits for readiness (T3). */
export const checkHealth = (ports: CheckHealthPorts) => {
  const queued = onQueue(({ stream }) => checkStream(ports, stream))
  return middy<SQSEvent | { readonly Records?: undefined }, SQSBatchResponse | void>().handler(async (event, context) => {
    if (event?.Records) return queued(event as SQSEvent, context)
    await inTurn(await streamsToCheck(ports), stream => checkStream(ports, stream))
  })
}

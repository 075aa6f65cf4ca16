import { SQSClient } from '@aws-sdk/client-sqs'
import { createWakes } from '../../../shared/adapters/sqs/wakes.ts'
import type { Ports } from '../../../shared/application/ports.ts'
import { queueUrl } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const wakes = (): Ports['wakes'] =>
  createWakes({
    client: new SQSClient(PATIENCE),
    queues: { conduct: queueUrl('conduct'), reconcile: queueUrl('reconcile'), 'check-health': queueUrl('check-health') },
  })

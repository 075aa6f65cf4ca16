import { type CheckHealthPorts, checkHealth as checkStream } from '../shared/application/check-health.ts'
import { onQueue } from './queue-trigger.ts'

/** Facts and wakes of one stream. */
export const checkHealth = (ports: CheckHealthPorts) => onQueue(({ stream }) => checkStream(ports, stream))

import { sweep } from '../sweep.ts'
import { actPorts } from './act-ports.ts'
import { targetHealth } from './ports/target-health.ts'

export const handler = sweep({ ...actPorts(), targetHealth: targetHealth() })

import { checkHealth } from '../check-health.ts'
import { wakes } from './adapters/wakes.ts'
import { listing } from './ports/listing.ts'
import { targetHealth } from './ports/target-health.ts'
import { logPorts, readModel, setting } from './ports.ts'

export const handler = checkHealth({
  ...logPorts(),
  readModel: readModel(),
  runtime: listing(),
  targetHealth: targetHealth(),
  wakes: wakes(),
  setting: setting(),
})

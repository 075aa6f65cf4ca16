import { checkHealth } from '../check-health.ts'
import { listing } from './ports/listing.ts'
import { targetHealth } from './ports/target-health.ts'
import { logPorts, readModel, setting, wakes } from './ports.ts'

export const handler = checkHealth({
  ...logPorts(),
  readModel: readModel(),
  runtime: listing(),
  targetHealth: targetHealth(),
  wakes: wakes(),
  setting: setting(),
})

import { checkHealth } from '../check-health.ts'
import { runtime } from './ports/runtime.ts'
import { targetHealth } from './ports/target-health.ts'
import { logPorts, readModel, setting, wakes } from './ports.ts'

export const handler = checkHealth({
  ...logPorts(),
  readModel: readModel(),
  runtime: runtime(),
  targetHealth: targetHealth(),
  wakes: wakes(),
  setting: setting(),
})

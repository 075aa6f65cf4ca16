import { checkHealth } from '../check-health.ts'
import { runtime } from './ports/runtime.ts'
import { logPorts, prober, readModel, setting, wakes } from './ports.ts'

export const handler = checkHealth({
  ...logPorts(),
  readModel: readModel(),
  prober: prober(),
  runtime: runtime(),
  wakes: wakes(),
  setting: setting(),
})

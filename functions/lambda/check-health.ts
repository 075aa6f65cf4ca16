import { checkHealth } from '../check-health.ts'
import { logPorts, prober, readModel, runtime, setting, wakes } from './ports.ts'

export const handler = checkHealth({
  ...logPorts(),
  readModel: readModel(),
  prober: prober(),
  runtime: runtime(),
  wakes: wakes(),
  setting: setting(),
})

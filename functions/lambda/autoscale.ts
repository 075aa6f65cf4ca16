import { autoscale } from '../autoscale.ts'
import { alarms, metrics } from './ports/metrics.ts'
import { logPorts, readModel } from './ports.ts'

export const handler = autoscale({ ...logPorts(), readModel: readModel(), metrics: metrics(), alarms: alarms() })

import { autoscale } from '../autoscale.ts'
import { alarms, logPorts, metrics, readModel } from './ports.ts'

export const handler = autoscale({ ...logPorts(), readModel: readModel(), metrics: metrics(), alarms: alarms() })

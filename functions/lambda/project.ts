import { project } from '../project.ts'
import { wakes } from './adapters/wakes.ts'
import { logPorts, readModel, setting } from './ports.ts'

export const handler = project({ ...logPorts(), readModel: readModel(), wakes: wakes(), setting: setting() })

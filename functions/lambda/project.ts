import { project } from '../project.ts'
import { logPorts, readModel, setting, wakes } from './ports.ts'

export const handler = project({ ...logPorts(), readModel: readModel(), wakes: wakes(), setting: setting() })

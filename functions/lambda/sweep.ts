import { sweep } from '../sweep.ts'
import { actPorts } from './act-ports.ts'

export const handler = sweep(actPorts())

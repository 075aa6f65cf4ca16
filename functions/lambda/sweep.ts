import { sweep } from '../sweep.ts'
import { actPorts } from './ports.ts'

export const handler = sweep(actPorts())

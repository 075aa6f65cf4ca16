import { conduct } from '../conduct.ts'
import { actPorts } from './act-ports.ts'

export const handler = conduct(actPorts())

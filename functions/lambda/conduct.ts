import { conduct } from '../conduct.ts'
import { actPorts } from './ports.ts'

export const handler = conduct(actPorts())

import { audit } from '../audit.ts'
import { actPorts } from './act-ports.ts'

export const handler = audit(actPorts())

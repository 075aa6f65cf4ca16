import { audit } from '../audit.ts'
import { actPorts } from './ports.ts'

export const handler = audit(actPorts())

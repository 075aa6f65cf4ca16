import { reconcile } from '../reconcile.ts'
import { actPorts } from './act-ports.ts'

export const handler = reconcile(actPorts())

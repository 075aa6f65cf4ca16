import { reconcile } from '../reconcile.ts'
import { actPorts } from './ports.ts'

export const handler = reconcile(actPorts())

import { reconcile as reconcileService } from '../shared/application/reconcile.ts'
import { type ActPorts, wake } from '../shared/application/wake.ts'
import { onQueue } from './queue-trigger.ts'

/** Commits of a service, and wakes → plan, append, runtime and router. */
export const reconcile = (ports: ActPorts) =>
  onQueue(({ stream, dueAt }) => (dueAt === undefined ? reconcileService(ports, stream) : wake(ports, stream, dueAt)))

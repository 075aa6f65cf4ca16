import { conduct as conductStack } from '../shared/application/conduct.ts'
import { type ActPorts, wake } from '../shared/application/wake.ts'
import { onQueue } from './queue-trigger.ts'

/** Commits of a stack and of its services → the stack's process (L2). */
export const conduct = (ports: ActPorts) =>
  onQueue(({ stream, dueAt }) => (dueAt === undefined ? conductStack(ports, stream) : wake(ports, stream, dueAt)))

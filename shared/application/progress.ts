import type { Service } from '../domain/service.ts'
import { tasksOfWish } from '../domain/service-decide.ts'
import type { StackService } from '../domain/stack.ts'
import type { Progress } from '../domain/stack-order.ts'
import { desiredOf } from '../reconcile/view.ts'

/** How far a service is with what the stack wishes of it now; one that has another wish, or none, is nowhere yet. */
export function progressOf(s: Service | undefined, wished: StackService | undefined): Progress {
  const isUnderWay = s?.deployment !== undefined && s.wish?.deployment === wished?.wish.deployment
  if (!s || s.wish?.stamp !== wished?.wish.stamp) return { isStarted: false, isUnderWay }
  const isStarted = tasksOfWish(s).some(task => task.state === 'running')
  if (s.finished.failed > 0) return { isStarted, isUnderWay, completed: 'failed' }
  return desiredOf(s) === 0 ? { isStarted, isUnderWay, completed: 'ok' } : { isStarted, isUnderWay }
}

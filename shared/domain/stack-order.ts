import { isRemoved, type Outcome, pausedText, type Stack } from './stack.ts'

/** What a service still waits for before its wish is handed over: nothing, or a reason, or something that will not come any more. */
export type HandOver = { readonly now: true } | { readonly waitsFor: string } | { readonly failed: string }

/**
 * How far a service's present wish is: a task of it runs; all its tasks ran to their end, or one may not be run again. `isUnderWay`: the
 * service has taken a wish of this deployment.
 */
export type Progress = { readonly isStarted: boolean; readonly completed?: Outcome; readonly isUnderWay?: boolean }

/**
 * The ordered deployment of a stack's services (L1): depends_on with its conditions, on start and on update; removals last, dependents
 * before what they depend on.
 */
export function handOver(stack: Stack, name: string, progressOf: (service: string) => Progress): HandOver {
  const service = stack.services[name]!
  return isRemoved(service) ? removal(stack, name) : start(stack, name, progressOf)
}

function start(stack: Stack, name: string, progressOf: (service: string) => Progress): HandOver {
  const service = stack.services[name]!
  const dependsOn = service.revisions[service.wish.revision]?.spec.dependsOn ?? {}
  // What has begun goes by its own tasks from then on, and hears of a pause; what has not, would begin.
  if (progressOf(name).isUnderWay) return { now: true }
  if (service.wish.paused) return { waitsFor: pausedText(service.wish.paused) }
  if (service.wish.stopped) return { now: true }
  for (const [dependency, { condition, required }] of Object.entries(dependsOn)) {
    const other = stack.services[dependency]
    if (!other || isRemoved(other)) continue
    if (other.outcome === 'failed' && required) return { failed: `${dependency}, which it depends on, failed` }
    const { isStarted, completed } = progressOf(dependency)
    const mustComplete = condition === 'service_completed_successfully' // one that runs long enough counts as available, and has not completed
    if (other.outcome === 'ok' && mustComplete && completed === 'failed' && required)
      return { failed: `${dependency}, which it depends on, did not complete` }
    if (other.outcome === 'failed' || (other.outcome === 'ok' && (!mustComplete || completed))) continue
    if (condition === 'service_started' && isStarted) continue
    return {
      waitsFor: `${dependency} to be ${condition === 'service_started' ? 'started' : condition === 'service_healthy' ? 'available' : 'completed'}`,
    }
  }
  return { now: true }
}

function removal(stack: Stack, name: string): HandOver {
  const open = Object.entries(stack.services).filter(([, { outcome }]) => outcome === undefined)
  const running = open.find(([, other]) => !isRemoved(other))
  if (running) return { waitsFor: `${running[0]} to be done` }
  const dependent = open.find(([, other]) => name in (other.revisions[other.wish.revision]?.spec.dependsOn ?? {}))
  return dependent ? { waitsFor: `${dependent[0]} to be removed` } : { now: true }
}

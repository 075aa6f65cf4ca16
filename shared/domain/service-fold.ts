import { type Commit, type Point, remember } from './commit.ts'
import type { Fact } from './fact.ts'
import { becomesReady, healthOf, healthRank, takeVerdict } from './readiness.ts'
import { noteFailure } from './restarts.ts'
import { advise, scaleByWish, setScale, stepScaling } from './scaling-fold.ts'
import { type EndedTask, isLeaving, isOfWish, type Service, type ServiceEvent, type Task, tellsReady, type Wish } from './service.ts'
import type { ServiceSpec } from './spec.ts'
import { UnknownEvent } from './stack.ts'
import { taskSpec } from './task-spec.ts'

/** Pure: the service after one more commit. */
export function evolveService(service: Service, commit: Commit<ServiceEvent>): Service {
  const next = commit.events.reduce((state, event) => applyEvent(state, event, commit), service)
  return { ...next, version: commit.version, at: commit.at, answered: remember(service.answered, commit) }
}

/** Answers the very same object when the event changes nothing: deciders use that to drop what is known already. */
export function applyEvent(s: Service, event: ServiceEvent, { version, at }: Point): Service {
  switch (event.type) {
    case 'WishTaken':
      return takeWish(s, event.wish, at)
    case 'ScaleSet':
      return setScale(s, event, { version, at })
    case 'ScaleAdvised':
      return advise(s, event, { version, at })
    case 'TaskProtected':
      return patch(s, event.ids, () => ({ protectedUntil: event.until }))
    case 'StartsIntended':
      return intendStarts(s, event, { version, at })
    case 'TaskSeen':
      return seeTask(s, event, { version, at })
    case 'TaskAvailable':
      return makeAvailable(s, event.id, at)
    case 'DrainStarted':
      return patch(s, event.ids, task => (task.drain ? {} : { drain: { version, at, why: event.why } }))
    case 'DrainOver':
      return patch(s, event.ids, task => ({ drained: task.drain !== undefined }))
    case 'StopsIntended':
      return patch(adoptStrays(s, event.ids, { version, at }), event.ids, task => ({ stop: task.stop ?? { version, at } }))
    case 'DeploymentEnded':
      return endDeployment(s, event)
    case 'ClockStepped':
      return { ...stepClock(s, steppedBy(s, event.lastTick, at)), stepped: version }
    case 'ExecAsked':
    case 'CommandRefused':
      return s
    default:
      throw new UnknownEvent(event)
  }
}

function patch(s: Service, ids: readonly string[], change: (task: Task) => Partial<Task>): Service {
  const tasks = { ...s.tasks }
  for (const id of ids) if (tasks[id]) tasks[id] = { ...tasks[id], ...change(tasks[id]) }
  return { ...s, tasks }
}

function takeWish(s: Service, wish: Wish, at: number): Service {
  const stable = wish.cause === 'remove' ? undefined : s.stable
  const begun = { stamp: wish.stamp, failures: 0, successes: 0, most: 0, progressAt: at, startedAt: at }
  // A pause or its end is the same deployment: what failed in it still counts, and the time that it was held does not.
  const goesOn = s.deployment && s.wish?.deployment === wish.deployment && s.wish.cause === wish.cause && isOfWish(wish, s.wish)
  const deployment = goesOn ? { ...s.deployment!, stamp: wish.stamp, progressAt: at } : begun
  const same = s.wish && isOfWish(wish, s.wish) && s.ended?.outcome === 'ok'
  const finished = same ? s.finished : { ok: 0, failed: 0 }
  return forgetSpecs({
    ...s,
    wish,
    stable,
    scale: scaleByWish(s, wish),
    scaling: wish.spec.scale && s.scaling,
    deployment,
    ended: undefined,
    streak: goesOn ? s.streak : 0,
    failures: goesOn ? s.failures : [],
    failed: goesOn ? s.failed : 0,
    finished: goesOn ? s.finished : finished,
    specs: { ...s.specs, [wish.revision]: taskSpec(wish.spec) },
  })
}

/** Only what a wish, a rollback or a living task still needs stays in the fold. */
function forgetSpecs(s: Service): Service {
  const needed = new Set([s.wish?.revision, s.stable, ...Object.values(s.tasks).map(task => task.revision)])
  return { ...s, specs: Object.fromEntries(Object.entries(s.specs).filter(([revision]) => needed.has(Number(revision)))) }
}

function intendStarts(s: Service, event: ServiceEvent & { type: 'StartsIntended' }, intent: Point): Service {
  const { revision, restarts } = event
  const tasks = event.tasks.map(({ id, number }): [string, Task] => [
    id,
    { id, number, revision, restarts, intent, state: 'intended', seen: -1, seenAt: intent.at, available: false, drained: false },
  ])
  return {
    ...s,
    tasks: { ...s.tasks, ...Object.fromEntries(tasks) },
    lastNumber: Math.max(s.lastNumber, ...event.tasks.map(task => task.number)),
  }
}

/** A stray (E7) enters the fold by its stop intent, so that the stop is carried through like any other. */
function adoptStrays(s: Service, ids: readonly string[], intent: Point): Service {
  const strays = ids
    .filter(id => !s.tasks[id])
    .map((id): [string, Task] => [
      id,
      {
        id,
        number: 0,
        revision: 0,
        restarts: 0,
        stray: true,
        intent,
        state: 'running',
        seen: -1,
        seenAt: intent.at,
        available: false,
        drained: false,
      },
    ])
  return strays.length ? { ...s, tasks: { ...s.tasks, ...Object.fromEntries(strays) } } : s
}

/** Unknown ids are dropped (E7), older facts too (E6); a finished task leaves the fold (L5). */
function seeTask(s: Service, fact: Fact, point: Point): Service {
  const task = s.tasks[fact.id]
  if (!task) return s
  const isNewer = fact.seen > task.seen
  if (fact.state === 'stopped') return isNewer ? endTask(s, task, fact, point) : s
  if (fact.state === 'refused') return isNewer && task.state === 'intended' ? refuseTask(s, task, fact, point) : s
  const tellsHealth = fact.state === 'running' && healthRank(fact.health) > healthRank(task.health)
  const told = isNewer ? { ...task, ...stateOf(s, task, fact, point) } : tellsHealth ? { ...task, ...healthOf(task, fact, point) } : task
  const changed = takeLeaving(s, takeVerdict(told, fact.probe, point), fact, point)
  const ready = becomesReady(s.specs[task.revision], changed, fact) ? { readyAt: point.at, servedAt: task.servedAt ?? point.at } : {}
  if (changed === task && !('readyAt' in ready)) return s
  const next = { ...s, tasks: { ...s.tasks, [task.id]: { ...changed, ...ready } } }
  const fellIll = changed.unhealthyAt !== undefined && task.unhealthyAt === undefined && !isLeaving(task)
  return fellIll ? fail(next, task, changed.illness ?? 'unhealthy', point) : next
}

/** The earliest end stands: a later warning of the same one says nothing new. One that leaves already is asked to by us. */
function takeLeaving(s: Service, task: Task, { leaving }: Fact, { at }: Point): Task {
  if (!leaving || isLeaving(task)) return task
  const by = leaving.by ?? at + (s.specs[task.revision]?.stopGracePeriod ?? 0)
  return task.leaving && task.leaving.by <= by ? task : { ...task, leaving: { by, why: leaving.why, at } }
}

function stateOf(s: Service, task: Task, fact: Fact, point: Point): Partial<Task> {
  const isRunning = fact.state === 'running'
  return {
    // a fact of an earlier start phase that arrives late must not undo "running" (its version decides, not its state)
    state: fact.state as 'pending' | 'running',
    seen: fact.seen,
    seenAt: point.at,
    startedAt: task.startedAt ?? (isRunning ? point.at : undefined),
    ...healthOf(task, fact, point),
    runtime: fact.runtime ?? task.runtime,
    runtimeId: fact.runtimeId ?? task.runtimeId,
    addresses: fact.addresses ?? addressesAt(fact.host, s.specs[task.revision]) ?? task.addresses,
    host: fact.host ?? task.host,
    zone: fact.zone ?? task.zone,
  }
}

/** What is reached by an address of its own says that address alone: its ports stand in its spec. */
function addressesAt(host: string | undefined, spec: ServiceSpec | undefined): Task['addresses'] {
  if (host === undefined || spec === undefined) return undefined
  return Object.fromEntries(
    [...spec.ports, ...spec.expose].map(({ target, protocol }) => [`${target}/${protocol}`, { host, port: target }]),
  )
}

function endTask(s: Service, task: Task, fact: Fact, point: Point): Service {
  const { [task.id]: _, ...tasks } = s.tasks
  if (task.state === 'refused') return forgetSpecs({ ...s, tasks }) // told when it was refused
  const byItself = task.drain === undefined && task.stop === undefined
  const exit = fact.exit ?? { reason: 'gone: the runtime does not know it any more' }
  const ended: EndedTask = {
    id: task.id,
    number: task.number,
    revision: task.revision,
    ...point,
    byItself,
    wasReady: task.servedAt !== undefined,
    runtimeId: fact.runtimeId ?? task.runtimeId,
    exit,
  }
  const next = forgetSpecs({ ...s, tasks, endedTasks: [...s.endedTasks, ended].slice(-20) })
  const isTold = task.stray || task.unhealthyAt !== undefined // its illness was the failure
  return byItself && !isTold ? endedByItself(next, task, ended, point) : next
}

/**
 * Compose's restart conditions: what may end for good is finished; everything else failed, an exit code of 0 included. What has a check of
 * its own and ended before it ever passed did not do its work, unless the file says that it runs once.
 */
function endedByItself(s: Service, task: Task, { exit }: EndedTask, point: Point): Service {
  const spec = s.specs[task.revision] // forgotten with the last task of a revision that is neither wished nor stable, whose end is nobody's
  const condition = spec?.restart.condition ?? 'any'
  const isOfThisWish = isOfWish(task, s.wish)
  const isFine = exit.code === 0 && condition !== 'any'
  const neverServed = isFine && condition === 'on-failure' && spec !== undefined && tellsReady(spec) && task.servedAt === undefined
  if (isOfThisWish && isFine && !neverServed) return { ...s, finished: { ...s.finished, ok: s.finished.ok + 1 } }
  const why = neverServed ? `${exit.reason}, before it was ever ready` : exit.reason
  const failed = exit.outside ? addToStreak(s, task, point) : fail(s, task, why, point)
  if (isOfThisWish && condition === 'none') return { ...failed, finished: { ...s.finished, failed: s.finished.failed + 1 } }
  return failed
}

/** Section 7: only a reason of the revision's own counts; throttling and missing capacity back off. */
function refuseTask(s: Service, task: Task, fact: Fact, point: Point): Service {
  const next = patch(s, [task.id], () => ({ state: 'refused', refusedAt: point.at, seen: fact.seen, seenAt: point.at }))
  const why = fact.refusal?.message ?? 'the start was refused'
  const exit = { reason: why }
  const ended: EndedTask = { id: task.id, number: task.number, revision: task.revision, ...point, byItself: true, wasReady: false, exit }
  const told = { ...next, endedTasks: [...next.endedTasks, ended].slice(-20) }
  return fact.refusal?.kind === 'revision' ? fail(told, task, why, point) : { ...told, streak: told.streak + 1, failedAt: point.at }
}

/** How long a task must have served for the next failure to be the first of a new streak. */
const LASTED = 10_000

/** For the backoff alone: one that had served for a while begins a new streak. */
function addToStreak(s: Service, task: Task, { at }: Pick<Point, 'at'>): Service {
  const lasted = task.servedAt !== undefined && at - task.servedAt >= Math.max(LASTED, s.specs[task.revision]?.restart.window ?? 0)
  return { ...s, streak: lasted ? 1 : s.streak + 1, failedAt: at }
}

function fail(s: Service, task: Task, why: string, point: Point): Service {
  const counted = isOfWish(task, s.wish) ? noteFailure(s, s.wish!.spec.restart, s.scale.replicas, point.at) : {}
  const failed = { ...addToStreak(s, task, point), ...counted }
  if (!s.deployment || !isOfWish(task, s.wish)) return failed
  return { ...failed, deployment: { ...s.deployment, failures: s.deployment.failures + 1, lastFailure: why } }
}

/** M7: the progress deadline moves only on a new maximum of available tasks. */
function makeAvailable(s: Service, id: string, at: number): Service {
  const task = s.tasks[id]
  if (!task) return s
  const next = { ...patch(s, [id], () => ({ available: true })), streak: 0 }
  if (!s.deployment || !isOfWish(task, s.wish)) return next
  const count = Object.values(next.tasks).filter(other => isOfWish(other, s.wish) && other.available && !other.drain).length
  const progress = count > s.deployment.most ? { most: count, progressAt: at } : {}
  return { ...next, deployment: { ...s.deployment, ...progress, successes: s.deployment.successes + 1 } }
}

function endDeployment(s: Service, { stamp, outcome, why }: ServiceEvent & { type: 'DeploymentEnded' }): Service {
  const isIdle = s.wish?.stopped || s.scale.replicas === 0 // what never ran proves nothing about its revision
  const isGood = outcome === 'ok' && s.wish?.cause !== 'remove' && !isIdle
  const ended = { stamp, outcome, why, ...(isIdle && { provesNothing: true as const }) }
  return forgetSpecs({ ...s, stable: isGood ? s.wish?.revision : s.stable, deployment: undefined, ended })
}

/** T5: counted from the later of head and last tick, so saying it twice steps once. A clock set back is seen by the head's `at`. */
export const steppedBy = (s: Pick<Service, 'at'>, lastTick: number, at: number): number =>
  s.at - at > 60_000 ? at - s.at : Math.max(0, at - Math.max(s.at, lastTick))

/** T5: every moment that something is counted from moves along, a settled service's backoff and drains included. */
function stepClock(s: Service, by: number): Service {
  const later = (at: number | undefined) => (at === undefined ? undefined : at + by)
  const moved = (task: Task): Task => ({
    ...task,
    intent: { ...task.intent, at: task.intent.at + by },
    seenAt: task.seenAt + by,
    startedAt: later(task.startedAt),
    readyAt: later(task.readyAt),
    servedAt: later(task.servedAt),
    unhealthyAt: later(task.unhealthyAt),
    stop: task.stop && { ...task.stop, at: task.stop.at + by },
    refusedAt: later(task.refusedAt),
    protectedUntil: later(task.protectedUntil),
    drain: task.drain && { ...task.drain, at: task.drain.at + by },
    leaving: task.leaving && { ...task.leaving, at: task.leaving.at + by }, // `by` is a moment of the runtime's clock, not of ours
  })
  const { deployment } = s
  return {
    ...s,
    failedAt: s.failedAt + by,
    scaling: s.scaling && stepScaling(s.scaling, by),
    failures: s.failures.map(at => at + by),
    tasks: Object.fromEntries(Object.entries(s.tasks).map(([id, task]) => [id, moved(task)])),
    deployment: deployment && { ...deployment, progressAt: deployment.progressAt + by, startedAt: deployment.startedAt + by },
  }
}

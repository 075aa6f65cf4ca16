import type { Fact } from './fact.ts'
import { isOfWish, type Service, type ServiceEvent, type Task, type Wish } from './service.ts'
import { applyEvent, steppedBy } from './service-fold.ts'
import type { Decision } from './stack-decide.ts'

/** Deciders of a service: each takes the newest state, since it is asked again after every lost race (L4). */

/** L2: only a stamp above the last taken; late, repeated or lost hand-overs do no harm. */
export const decideWish = (s: Service, wish: Wish): readonly ServiceEvent[] =>
  wish.stamp > (s.wish?.stamp ?? 0) ? [{ type: 'WishTaken', wish }] : []

export const decideScale = (replicas: number, after: number): readonly ServiceEvent[] => [{ type: 'ScaleSet', replicas, after }]

/** A person's scale of a service that scales itself: only what its file allows, since anything else would not last a minute. */
export function decideScaleAsked(s: Service, replicas: number, after: number): Decision<ServiceEvent> {
  const policy = s.wish?.spec.scale
  if (!policy) return { events: decideScale(replicas, after) }
  const schedules = policy.schedules ?? []
  const least = Math.min(policy.min, ...schedules.map(schedule => schedule.min ?? policy.min))
  const most = Math.max(policy.max, ...schedules.map(schedule => schedule.max ?? policy.max))
  const isAsleep = replicas === 0 && policy.idle !== undefined
  if (isAsleep || (replicas >= least && replicas <= most)) return { events: decideScale(replicas, after) }
  const message = `x-longshore.scale keeps it between ${least} and ${most}${policy.idle ? ', or at 0' : ''}; ${replicas} is outside`
  return { refusal: { code: 'LS-SCALED', message } }
}

/** Running tasks by their numbers; a protection replaces the one before. */
export function decideProtect(s: Service, service: string, numbers: readonly number[], until: number): Decision<ServiceEvent> {
  const found = numbers.map(number => Object.values(s.tasks).find(task => task.number === number && !task.stray))
  const missing = numbers.filter((_, index) => !found[index])
  if (missing.length)
    return { refusal: { code: 'LS-NOT-FOUND', message: `there is no task ${missing.map(n => `${service}.${n}`).join(', ')}` } }
  return { events: [{ type: 'TaskProtected', ids: found.map(task => task!.id), until }] }
}

/** E6, E7: what is known, older, or about nobody we know is dropped. */
export function decideFacts(s: Service, facts: readonly Fact[]): readonly ServiceEvent[] {
  const events: ServiceEvent[] = []
  let state = s
  for (const fact of facts) {
    const event: ServiceEvent = { type: 'TaskSeen', ...fact }
    const next = applyEvent(state, event, { version: s.version + 1, at: s.at })
    if (next !== state) events.push(event)
    state = next
  }
  return events
}

/** E5: a look at the router says nothing about a drain that began after it. */
export function decideDrainOver(s: Service, absent: readonly string[], asOf: number): readonly ServiceEvent[] {
  const isOver = (task: Task | undefined) => task?.drain !== undefined && !task.drained && asOf >= task.drain.version
  const ids = absent.filter(id => isOver(s.tasks[id]))
  return ids.length ? [{ type: 'DrainOver', ids, asOf }] : []
}

/** E7: only a listing makes a stray. It was read before this fold, every start has an intent, and what ended meanwhile was looked up: "unknown" is certain. */
export function decideStrays(s: Service, listed: readonly string[]): readonly ServiceEvent[] {
  const ids = listed.filter(id => !s.tasks[id])
  return ids.length ? [{ type: 'StopsIntended', ids, why: 'a task of ours that no intent names' }] : []
}

/** A step worth recording: more than a late tick (T5). */
const LATE_TICK = 30_000

/**
 * The event says the last tick, and the fold takes the step up to the commit's own `at`: a host that froze between deciding and committing
 * would else have its deadlines moved by too little. A service that waits for nothing gets it too: it takes the next version, so that a
 * commit which read the old clock and is still under way is refused and decided again.
 */
export const decideClockStep = (s: Service, now: number, lastTick: number): readonly ServiceEvent[] =>
  s.version > 0 && Math.abs(steppedBy(s, lastTick, now)) > LATE_TICK ? [{ type: 'ClockStepped', lastTick }] : []

export const tasksOfWish = (s: Service): readonly Task[] => Object.values(s.tasks).filter(task => isOfWish(task, s.wish))

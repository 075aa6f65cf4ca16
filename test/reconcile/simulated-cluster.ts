import type { Fact } from '../../shared/domain/fact.ts'
import type { Service, ServiceEvent, Task } from '../../shared/domain/service.ts'
import { decideFacts } from '../../shared/domain/service-decide.ts'
import type { Plan, Setting } from '../../shared/reconcile/action.ts'
import { isLookedUp, isStoppable, serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { plan } from '../../shared/reconcile/plan.ts'
import { deepFreeze, type ServiceStory } from '../domain/given.ts'
import { look, SETTING } from './cluster.ts'

/** How a start may go wrong. */
export type Fate = 'good' | 'crash' | 'refused' | 'capacity' | 'slow'

export type Step = { readonly before: Service; readonly plan: Plan; readonly after: Service; readonly now: number }

const MOST_STEPS = 3_000

/**
 * A service and an executor that does what was recorded, one reconcile after the other, with the clock jumping from one due moment to the
 * next. Starts meet their fates in turn and are good when there are none left. Every step is handed to `check`.
 */
export function runUntilQuiet(story: ServiceStory, fates: Fate[], check: (step: Step) => void, setting: Setting = SETTING): 'quiet' {
  for (let step = 0; step < MOST_STEPS; step++) {
    const before = deepFreeze(story.state)
    const next = planWithLook(before, story.at, setting)
    if (next.actions.length) story.happened(next.actions.map(action => action.event))
    const { version } = story.state
    check({ before, plan: next, after: story.state, now: story.at })
    if (story.state.version !== version) continue // something was asked of it meanwhile
    const news = execute(story.state, story.at, fates, next.actions.length > 0)
    if (news.length) story.happened(news)
    if (next.actions.length || news.length) continue
    const due = serviceDueAt(story.state, setting)
    if (due === undefined) return 'quiet'
    if (due <= story.at) throw new Error(`due ${story.at - due} ms ago, and nothing to do: ${JSON.stringify(story.state)}`)
    story.at = due
  }
  throw new Error(`not quiet after ${MOST_STEPS} steps: ${JSON.stringify(story.state)}`)
}

function planWithLook(s: Service, now: number, setting: Setting): Plan {
  const blind = plan(s, now, setting)
  return blind.mustLook ? plan(s, now, setting, look(s, now)) : blind
}

/** What comes of the recorded intents by the next look. */
function execute(s: Service, now: number, fates: Fate[], appended: boolean): readonly ServiceEvent[] {
  const facts = Object.values(s.tasks).flatMap(task => factOf(s, task, now, fates, appended) ?? [])
  const over = Object.values(s.tasks).filter(task => task.drain && !task.drained)
  const drained: ServiceEvent[] = over.length ? [{ type: 'DrainOver', ids: over.map(task => task.id), asOf: s.version }] : []
  return [...decideFacts(s, facts), ...drained]
}

function factOf(s: Service, task: Task, now: number, fates: Fate[], appended: boolean): Fact | undefined {
  const { id, seen } = task
  const stopped: Fact = { id, state: 'stopped', seen: 1e16, exit: { code: 0, reason: 'stopped' } }
  if (task.state === 'refused') return isLookedUp(task, now, SETTING.limits) ? stopped : undefined
  if (task.stop) return (appended && task.stop.version === s.version) || isStoppable(s, task, now, SETTING.limits) ? stopped : undefined
  if (task.state !== 'intended')
    return task.readyAt === undefined && task.seen < 50 ? { id, state: 'running', seen: seen + 1, ready: true } : undefined
  const fate = fates.shift() ?? 'good'
  if (fate === 'crash') return { id, state: 'stopped', seen: 1e15, exit: { code: 1, reason: 'exited with code 1' } }
  if (fate === 'refused' || fate === 'capacity')
    return { id, state: 'refused', seen: 1, refusal: { kind: fate === 'refused' ? 'revision' : 'capacity', code: 'X', message: fate } }
  if (fate === 'slow') return { id, state: 'running', seen: 100 } // never answers
  return { id, state: 'running', seen: 1, ready: true }
}

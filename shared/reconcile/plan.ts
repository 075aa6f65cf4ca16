import type { Service } from '../domain/service.ts'
import { applyEvent } from '../domain/service-fold.ts'
import { pausedText } from '../domain/stack.ts'
import type { Action, Plan, Reading, Setting } from './action.ts'
import { starts } from './starts.ts'
import { judgeDeployment, judgeTasks, verdictsDue } from './verdicts.ts'
import { doomedDrains, drains, stopDrained, unhealthyDrains, whyKept } from './victims.ts'
import { viewOf } from './view.ts'

/**
 * Reconciling is a calculation: the folded service, the time and perhaps a reading in; what to record, each with its reason, out.
 * Whoever commits the actions executes them afterwards; what is not committed did not happen.
 */
export function plan(s: Service, now: number, setting: Setting, reading?: Reading): Plan {
  const view = viewOf(s, setting.limits)
  const stops = stopDrained(view, now)
  if (!s.wish) return { actions: stops, holds: ['nothing was asked of it yet'], mustLook: false }
  const judged = judgeTasks(view, reading)
  const first = [...stops, ...unhealthyDrains(view), ...judged]
  const verdict = judgeDeployment(view, now, reading)
  if (verdict) return { actions: [...first, verdict], holds: [], mustLook: false }
  const after = judged.length ? viewOf(applied(s, now, judged), setting.limits) : view // what was just found available is no victim for not being so
  const starting = starts(after, now, setting)
  const actions = [...first, ...starting.actions, ...doomedDrains(after, now), ...drains(after, now)]
  const paused = view.paused && s.wish.paused ? [`waits for ${pausedText(s.wish.paused)}`] : []
  return { actions, holds: [...paused, ...starting.holds, ...whyKept(after, now)], mustLook: !reading && verdictsDue(view, now) }
}

/** The version stays: ids of tasks to start follow from the commit that comes next. */
const applied = (s: Service, at: number, actions: readonly Action[]): Service =>
  actions.reduce((state, { event }) => applyEvent(state, event, { version: s.version, at }), s)

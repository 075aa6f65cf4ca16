import type { Service } from '../domain/service.ts'
import type { Plan, Reading, Setting } from './action.ts'
import { starts } from './starts.ts'
import { judgeDeployment, judgeTasks, verdictsDue } from './verdicts.ts'
import { drains, stopDrained, unhealthyDrains } from './victims.ts'
import { viewOf } from './view.ts'

/**
 * Reconciling is a calculation: the folded service, the time and perhaps a reading in; what to record, each with its reason, out.
 * Whoever commits the actions executes them afterwards; what is not committed did not happen.
 */
export function plan(s: Service, now: number, setting: Setting, reading?: Reading): Plan {
  const view = viewOf(s, setting.limits)
  const stops = stopDrained(view, now)
  if (!s.wish) return { actions: stops, holds: ['nothing was asked of it yet'], mustLook: false }
  const first = [...stops, ...unhealthyDrains(view), ...judgeTasks(view, reading)]
  const verdict = judgeDeployment(view, now, reading)
  if (verdict) return { actions: [...first, verdict], holds: [], mustLook: false }
  const starting = starts(view, now, setting)
  const actions = [...first, ...starting.actions, ...drains(view, now)]
  return { actions, holds: starting.holds, mustLook: !reading && verdictsDue(view, now) }
}

import type { Service, ServiceEvent } from '../domain/service.ts'
import { decideFacts } from '../domain/service-decide.ts'
import { evolveService } from '../domain/service-fold.ts'
import type { Action, Plan, Reading, Setting } from '../reconcile/action.ts'
import { serviceDueAt } from '../reconcile/due-at.ts'
import { plan } from '../reconcile/plan.ts'
import { Contended, commitOf, onService, put } from './append.ts'
import { executeEffects } from './execute.ts'
import { foldService } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'

export type ReconcilePorts = LogPorts & Pick<Ports, 'readModel' | 'runtime' | 'router' | 'wakes' | 'setting'>

const ATTEMPTS = 10
const SHORTEST_WAIT = 1_000

export const settingOf = (ports: Pick<Ports, 'setting'>, stream: string): Setting => ({
  stream,
  installation: ports.setting.installation,
  limits: ports.setting.limits,
})

/** Plan, append, then the effects of what was appended (section 2). Any await may be its last: what is left, a later run finds. */
export async function reconcile(ports: ReconcilePorts, stream: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const planned = await planNow(ports, stream)
    if (!planned) continue
    const { s, now, actions, waitsFor } = planned
    const appended = await record(ports, stream, s, actions)
    if (appended === 'lost') continue
    await executeEffects(ports, stream, appended, now, actions.length > 0 ? appended.version : undefined)
    if (actions.length === 0 || waitsFor) await wakeAgain(ports, stream, now, waitsFor)
    return
  }
  throw new Contended(`${stream}: ten races lost`)
}

type Planned = { readonly s: Service; readonly now: number; readonly actions: readonly Action[]; readonly waitsFor?: string }

/** Undefined when the clock stepped while looking: what was read before it is void (T5). */
async function planNow(ports: ReconcilePorts, stream: string): Promise<Planned | undefined> {
  let s = await foldService(ports, stream)
  const now = ports.clock.now() // after the fold, so that a step in between makes the append fail (T5)
  let next = plan(s, now, settingOf(ports, stream))
  if (next.mustLook) {
    const reading = await look(ports, stream, s, now)
    const { stepped } = s
    s = await foldService(ports, stream)
    if (s.stepped !== stepped) return undefined
    next = plan(s, now, settingOf(ports, stream), reading)
  }
  return { s, now, ...(await prepared(ports, s, next)) }
}

/** T5: begun at `now`, so it is a reading made after every deadline before `now`; what it finds is recorded first. */
export async function look(ports: ReconcilePorts, stream: string, s: Service, now: number): Promise<Reading> {
  const seen = (await ports.runtime.list()).filter(task => task.stream === stream)
  const facts = seen.map(({ stream: _, intent: __, ...fact }) => fact)
  await onService(ports, stream, state => decideFacts(state, facts), { actor: 'reconcile' })
  const running = seen.filter(task => task.state === 'running' && task.health !== 'unhealthy').map(task => task.id)
  return { at: now, asOf: s.version, running: new Set(running) }
}

/** E2: what can take long stands before the intent. Starts that have to wait for it are left out of the plan, the rest goes on. */
async function prepared(ports: ReconcilePorts, s: Service, { actions }: Plan): Promise<Pick<Planned, 'actions' | 'waitsFor'>> {
  const start = actions.find(action => action.event.type === 'StartsIntended')?.event as
    | (ServiceEvent & { type: 'StartsIntended' })
    | undefined
  const spec = start && s.specs[start.revision]
  const answer = spec && (await ports.runtime.prepare(spec))
  if (!answer || 'refused' in answer) return { actions } // the start itself says the refusal, as a fact
  return { actions: actions.filter(action => action.event !== start), waitsFor: answer.waitsFor }
}

async function record(ports: ReconcilePorts, stream: string, s: Service, actions: readonly Action[]): Promise<Service | 'lost'> {
  if (actions.length === 0) return s
  return ports.folds.turn(stream, async () => {
    const commit = commitOf(
      ports,
      stream,
      s.version + 1,
      actions.map(action => action.event),
      { actor: 'reconcile', causedBy: `${stream} ${s.version}` },
    )
    if (!(await put(ports, commit))) return 'lost'
    const next = evolveService(s, commit)
    ports.folds.set(stream, next)
    return next
  })
}

/**
 * T1: a run that appended nothing, while something is waited for, sends its own next message if it wins the stream's next look. Without
 * that claim each sweep adds a chain of messages that never ends, and each duplicate doubles one.
 */
async function wakeAgain(ports: ReconcilePorts, stream: string, now: number, waitsFor: string | undefined): Promise<void> {
  const s = await foldService(ports, stream)
  const due = waitsFor ? now : serviceDueAt(s, settingOf(ports, stream))
  if (due === undefined) return
  const next = Math.max(now + SHORTEST_WAIT, due)
  if (await ports.readModel.claimLook(stream, now, next)) await ports.wakes.send('reconcile', stream, due, Math.min(next - now, 900_000))
}

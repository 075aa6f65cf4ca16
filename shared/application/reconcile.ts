import type { Service, ServiceEvent } from '../domain/service.ts'
import { decideFacts } from '../domain/service-decide.ts'
import { evolveService } from '../domain/service-fold.ts'
import type { Action, Plan, Reading, Setting } from '../reconcile/action.ts'
import { lookAgainAfter, serviceDueAt } from '../reconcile/due-at.ts'
import { plan } from '../reconcile/plan.ts'
import { wasAttended } from '../reconcile/verdicts.ts'
import { Contended, commitOf, onService, put } from './append.ts'
import { executeEffects } from './execute.ts'
import { foldService } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'

export type ReconcilePorts = LogPorts & Pick<Ports, 'readModel' | 'runtime' | 'router' | 'wakes' | 'setting'>

const ATTEMPTS = 10
const SHORTEST_WAIT = 1_000
/** While a verdict is withheld, each run lists the runtime. */
const UNATTENDED_WAIT = 15_000

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
    const recorded = await record(ports, stream, planned)
    if (recorded === 'lost') continue
    const { s, now, actions, waitsFor } = recorded
    await executeEffects(ports, stream, s, now, actions.length > 0 ? s.version : undefined)
    if (actions.length === 0 || waitsFor) await wakeAgain(ports, stream, recorded)
    return
  }
  throw new Contended(`${stream}: ten races lost`)
}

type Planned = {
  readonly s: Service
  readonly now: number
  readonly reading?: Reading
  readonly actions: readonly Action[]
  readonly waitsFor?: string
}

/** Undefined when the clock stepped while looking: what was read before it is void (T5). */
async function planNow(ports: ReconcilePorts, stream: string): Promise<Planned | undefined> {
  let s = await foldService(ports, stream)
  const now = ports.clock.now() // after the fold, so that a step in between makes the append fail (T5)
  let next = plan(s, now, settingOf(ports, stream))
  let reading: Reading | undefined
  if (next.mustLook) {
    reading = await look(ports, stream, s, now)
    const { stepped } = s
    s = await foldService(ports, stream)
    if (s.stepped !== stepped) return undefined
    next = plan(s, now, settingOf(ports, stream), reading)
  }
  return { s, now, reading, ...(await prepared(ports, stream, s, next)) }
}

/** T5: begun at `now`, so it is a reading made after every deadline before `now`; what it finds is recorded first. */
export async function look(ports: ReconcilePorts, stream: string, s: Service, now: number): Promise<Reading> {
  const seen = (await ports.runtime.list(stream)).filter(task => task.stream === stream)
  const facts = seen.map(({ stream: _, intent: __, ...fact }) => fact)
  await onService(ports, stream, state => decideFacts(state, facts), { actor: 'reconcile' })
  const running = seen.filter(task => task.state === 'running' && task.health !== 'unhealthy').map(task => task.id)
  const { mostSilence } = ports.setting.limits
  const attendedSince = mostSilence === undefined ? undefined : await ports.readModel.attendedSince(now, mostSilence)
  return { at: now, asOf: s.version, running: new Set(running), attendedSince }
}

/** E2: what can take long stands before the intent. Starts that have to wait for it are left out of the plan, the rest goes on. */
async function prepared(
  ports: ReconcilePorts,
  stream: string,
  s: Service,
  { actions }: Plan,
): Promise<Pick<Planned, 'actions' | 'waitsFor'>> {
  const start = actions.find(action => action.event.type === 'StartsIntended')?.event as StartsIntended | undefined
  const spec = start && s.specs[start.revision]
  const answer = spec && (await ports.runtime.prepare(spec, { stream, count: start.tasks.length }))
  if (!answer || 'refused' in answer) return { actions } // the start itself says the refusal, as a fact
  const { waitsFor, starts = 0 } = answer
  const fewer = actions.flatMap(action =>
    action.event !== start ? [action] : starts > 0 ? [{ ...action, event: first(start, starts) }] : [],
  )
  return { actions: fewer, waitsFor }
}

type StartsIntended = ServiceEvent & { type: 'StartsIntended' }
const first = (start: StartsIntended, count: number): StartsIntended => ({ ...start, tasks: start.tasks.slice(0, count) })

/** With the state that the commit made. */
async function record(ports: ReconcilePorts, stream: string, planned: Planned): Promise<Planned | 'lost'> {
  if (planned.actions.length === 0) return planned
  return ports.folds.turn(stream, async () => {
    const fresh = await refreshed(ports, stream, planned)
    if (!fresh || fresh.actions.length === 0) return fresh ?? 'lost'
    const events = fresh.actions.map(action => action.event)
    const by = { actor: 'reconcile', causedBy: `${stream} ${fresh.s.version}` }
    const commit = commitOf(ports, stream, fresh.s.version + 1, events, by)
    if (!(await put(ports, commit))) return 'lost'
    const s = evolveService(fresh.s, commit)
    ports.folds.set(stream, s)
    return { ...fresh, s }
  })
}

/**
 * What this process appended while the plan waited for its turn is planned with: otherwise a service whose tasks report one after another
 * lets no plan win a race. Undefined when the clock stepped meanwhile, or a verdict came due that needs a look.
 */
async function refreshed(ports: ReconcilePorts, stream: string, planned: Planned): Promise<Planned | undefined> {
  const s = ports.folds.get(stream) as Service | undefined
  if (!s || s.version <= planned.s.version) return planned
  if (s.stepped !== planned.s.stepped) return undefined
  const { now, reading } = planned
  const next = plan(s, now, settingOf(ports, stream), reading)
  return next.mustLook ? undefined : { s, now, reading, ...(await prepared(ports, stream, s, next)) }
}

/**
 * T1: a run that appended nothing, while something is waited for, sends its own next message if it wins the stream's next look. Without
 * that claim each sweep adds a chain of messages that never ends, and each duplicate doubles one.
 */
async function wakeAgain(ports: ReconcilePorts, stream: string, { now, waitsFor, reading }: Planned): Promise<void> {
  const s = await foldService(ports, stream)
  const due = waitsFor ? now : serviceDueAt(s, settingOf(ports, stream))
  if (due === undefined) return
  const wait = waitsFor || due > now ? SHORTEST_WAIT : lookAgainAfter(ports.setting.limits)
  const next = Math.max(now + (reading && !wasAttended(reading) ? UNATTENDED_WAIT : wait), due)
  if (await ports.readModel.claimLook(stream, now, next)) await ports.wakes.send('reconcile', stream, due, Math.min(next - now, 900_000))
}

import { parseStream } from '../domain/commit.ts'
import type { Service, Task } from '../domain/service.ts'
import { OutcomeUnknown } from '../ports/runtime.ts'
import { EXECUTABLE_FOR, isExecutable, isLookedUp, isStoppable } from '../reconcile/due-at.ts'
import type { Limits } from '../reconcile/policy.ts'
import { FactBatch } from './fact-batch.ts'
import type { LogPorts, Ports } from './ports.ts'
import { route } from './route.ts'

export type EffectPorts = LogPorts & Pick<Ports, 'runtime' | 'router' | 'setting'>

/** The calls that the recorded intents ask for. `committed`: the version that this run appended, whose intents it executes at once (E2). */
export async function executeEffects(
  ports: EffectPorts,
  stream: string,
  s: Service,
  now: number,
  committed: number | undefined,
): Promise<void> {
  const facts = new FactBatch(ports, stream, { actor: 'reconcile' })
  const calls = Object.values(s.tasks).flatMap(task => callsOf(ports, stream, s, { task, now, committed, facts }))
  if (hasRoutes(s)) calls.unshift(route(ports, stream))
  const results = await Promise.allSettled(calls)
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

type Context = { readonly task: Task; readonly now: number; readonly committed: number | undefined; readonly facts: FactBatch }

function callsOf(ports: EffectPorts, stream: string, s: Service, context: Context): readonly Promise<void>[] {
  const { task, now, committed } = context
  const { limits, orphanedBefore } = ports.setting
  if (task.stop) {
    const mine = task.stop.version === committed
    return mine || isStoppable(s, task, now, limits) || task.stop.at <= orphanedBefore ? [stop(ports, s, context)] : []
  }
  if (isLookedUp(task, now, limits)) return [settle(ports, context)]
  const orphaned = task.state === 'intended' && task.intent.at <= orphanedBefore && now < task.intent.at + EXECUTABLE_FOR
  const mine = task.state === 'intended' && task.intent.version === committed
  return mine || orphaned || isExecutable(task, now, limits) ? [start(ports, stream, s, context)] : []
}

async function start(ports: EffectPorts, stream: string, s: Service, { task, facts }: Context): Promise<void> {
  const spec = s.specs[task.revision]
  if (!spec) throw new Error(`${stream}: the spec of revision ${task.revision} is not kept`)
  const { stack, service } = parseStream(stream)
  const { id, number, revision } = task
  const request = {
    installation: ports.setting.installation.id,
    stream,
    stack,
    service,
    id,
    number,
    revision,
    intent: task.intent.version,
    spec,
  }
  await tolerant(async () => facts.add(await ports.runtime.start(request)))
}

async function stop(ports: EffectPorts, s: Service, { task, facts, now }: Context): Promise<void> {
  const spec = s.specs[task.revision]
  const { id, runtimeId } = task
  await tolerant(async () => {
    await ports.runtime.stop(id, { graceMs: spec?.stopGracePeriod ?? 10_000, signal: spec?.stopSignal, runtimeId })
    const fact = await ports.runtime.lookup(id, runtimeId)
    if (fact?.state === 'stopped' || (!fact && isOverdue(task, now, ports.setting.limits))) await facts.add(fact ?? gone(id))
  })
}

/** Where looks lag, a task that was seen a moment ago may be missing from one and run all the same: then the stop is asked again when it is due. */
const isOverdue = (task: Task, now: number, { looksLag }: Limits): boolean => now >= Math.max(task.seenAt, task.intent.at) + looksLag

/** E2: not found means not running now. */
export const gone = (id: string) => ({
  id,
  state: 'stopped' as const,
  seen: Number.MAX_SAFE_INTEGER,
  exit: { reason: 'gone: the runtime does not know it' },
})

async function settle(ports: Pick<EffectPorts, 'runtime'>, { task, facts }: Context): Promise<void> {
  await tolerant(async () => facts.add((await ports.runtime.lookup(task.id, task.runtimeId)) ?? gone(task.id)))
}

/** E2: an unknown outcome is no failure; the same request follows when it is due. */
async function tolerant(call: () => Promise<void>): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error
  }
}

/** Whether there is or was anything for the router to know, or a drain to look at. */
const hasRoutes = (s: Service): boolean => Object.keys(s.tasks).length > 0 || s.wish !== undefined

import { canonicalJson } from '../domain/hash.ts'
import { emptyService, type Service } from '../domain/service.ts'
import { evolveService } from '../domain/service-fold.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import { diffSpecs, type SpecDifference } from '../domain/spec-diff.ts'
import { evolveStack, isRemoved, type Stack, type StackEvent, wishedSpec } from '../domain/stack.ts'
import { type Limits, type Policy, policyOf } from '../reconcile/policy.ts'
import { desiredOf } from '../reconcile/view.ts'

/** What a deployment would do, by the production deciders and folds (a dry run is not a guess). */
export type PlannedChange = {
  readonly service: string
  readonly change: 'new' | 'update' | 'scale' | 'remove' | 'none'
  readonly fromRevision?: number
  readonly toRevision?: number
  readonly differences: readonly SpecDifference[]
  readonly what: string
  readonly notes: readonly string[]
}

/** Pure. `services`: the folds of the stack's services as they are now. */
export function planDeployment(
  stack: Stack,
  events: readonly StackEvent[],
  services: Readonly<Record<string, Service>>,
  limits: Limits,
): readonly PlannedChange[] {
  const after = evolveStack(stack, { stream: '', version: stack.version + 1, at: stack.at, actor: '', nonce: '', events })
  const changed = new Set(events.flatMap(event => (event.type === 'WishesChanged' ? Object.keys(event.wishes) : [])))
  const names = Object.keys(after.services).filter(name => changed.has(name) || !isRemoved(after.services[name]!))
  const planned = names.map(name =>
    changed.has(name) ? changeOf(stack, after, name, services[name] ?? emptyService, limits) : untouched(after, name),
  )
  const rank = { new: 0, update: 0, scale: 0, none: 1, remove: 2 }
  return planned.sort((a, b) => rank[a.change] - rank[b.change] || (a.service < b.service ? -1 : 1))
}

const untouched = (stack: Stack, service: string): PlannedChange => {
  const { revision } = stack.services[service]!.wish
  return { service, change: 'none', fromRevision: revision, toRevision: revision, differences: [], what: 'no change', notes: [] }
}

function changeOf(before: Stack, after: Stack, service: string, s: Service, limits: Limits): PlannedChange {
  const old = before.services[service]
  const next = after.services[service]!
  const live = Object.values(s.tasks).filter(task => !task.drain && !task.stop && task.state !== 'refused').length
  const fromRevision = old && !isRemoved(old) ? old.wish.revision : undefined
  if (isRemoved(next)) {
    return {
      service,
      change: 'remove',
      fromRevision,
      differences: [],
      what: `stop ${tasks(live)}, after every other service is done`,
      notes: [],
    }
  }
  const spec = wishedSpec(next)!
  const taken = evolveService(s, {
    stream: '',
    version: s.version + 1,
    at: s.at,
    actor: '',
    nonce: '',
    events: [{ type: 'WishTaken', wish: { ...next.wish, spec } }],
  })
  const desired = desiredOf(taken)
  const policy = policyOf(taken, desired, limits)
  const oldSpec = fromRevision === undefined ? undefined : wishedSpec(old!)
  const scaled = s.scale.replicas !== taken.scale.replicas && fromRevision !== undefined
  const replicas = scaled ? [{ path: 'replicas', from: String(s.scale.replicas), to: String(taken.scale.replicas) }] : []
  return {
    service,
    change: fromRevision === undefined ? 'new' : fromRevision !== next.wish.revision || next.wish.cause !== 'up' ? 'update' : 'scale',
    fromRevision,
    toRevision: next.wish.revision,
    differences: [...diffSpecs(oldSpec, spec), ...replicas],
    what: describe(policy, desired, live, {
      sameTasks: fromRevision === next.wish.revision && next.wish.restarts === old?.wish.restarts,
      rescaled: canonicalJson(oldSpec?.scale) !== canonicalJson(spec.scale),
    }),
    notes: notesOf(spec, policy, live),
  }
}

type Kept = { readonly sameTasks: boolean; readonly rescaled: boolean }

function describe(policy: Policy, desired: number, live: number, { sameTasks, rescaled }: Kept): string {
  if (sameTasks && rescaled && desired === live) return 'scaling changed, no task is replaced'
  if (desired === 0) return live ? `stop ${tasks(live)}` : 'nothing to run'
  if (live === 0) return `start ${tasks(desired)}`
  if (sameTasks)
    return desired === live
      ? 'the same tasks, judged anew'
      : desired > live
        ? `start ${tasks(desired - live)}`
        : `stop ${tasks(live - desired)}`
  const step = policy.order === 'start-first' ? policy.surge : policy.unavailable
  const pace = step >= desired ? 'all at once' : step === 1 ? 'one at a time' : `${step} at a time`
  return `roll ${tasks(desired)}, ${policy.order === 'start-first' ? 'start first' : 'stop first'}${desired > 1 ? `, ${pace}` : ''}`
}

function notesOf(spec: ServiceSpec, policy: Policy, live: number): readonly string[] {
  const notes: string[] = []
  if (policy.writer && live > 0)
    notes.push('it writes to a volume, so the old tasks stop before new ones start (x-longshore.volumes.<name>.shared changes that)')
  for (const port of spec.ports)
    if (port.published !== undefined && live === 0)
      notes.push(
        `port ${port.published} is served ${port.layer === 'http' ? 'by layer 7 (HTTP)' : `by layer 4 (${port.protocol.toUpperCase()})`}`,
      )
  return notes
}

const tasks = (count: number) => (count === 1 ? '1 task' : `${count} tasks`)

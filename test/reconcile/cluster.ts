import type { Service, ServiceEvent, Task } from '../../shared/domain/service.ts'
import { emptyService } from '../../shared/domain/service.ts'
import type { ServiceSpec, UpdateConfig } from '../../shared/domain/spec.ts'
import type { Plan, Reading, Setting } from '../../shared/reconcile/action.ts'
import { plan } from '../../shared/reconcile/plan.ts'
import { HOME } from '../../shared/reconcile/policy.ts'
import { spec, T0, wishOf } from '../domain/given.ts'

/** Services in the middle of something, written down as a table of tasks. */

export const SETTING: Setting = { stream: 'service/shop/web', installation: { id: 'test', epoch: 1 }, limits: HOME }

const LONG_AGO = T0 - 3_600_000
const KINDS = {
  intended: { state: 'intended', seen: -1 },
  pending: { state: 'pending' },
  /** Runs, and does not answer yet. */
  running: { startedAt: T0 },
  ready: { startedAt: T0, readyAt: T0 },
  /** Ready for long, and recorded as available. */
  available: { startedAt: LONG_AGO, readyAt: LONG_AGO, available: true },
  unhealthy: { startedAt: LONG_AGO, readyAt: LONG_AGO, health: 'unhealthy', unhealthyAt: T0 },
  draining: { readyAt: LONG_AGO, drain: { version: 1, at: T0, why: 'older' } },
  drained: { readyAt: LONG_AGO, drain: { version: 1, at: T0, why: 'older' }, drained: true },
  stopping: { readyAt: LONG_AGO, drain: { version: 1, at: T0, why: 'older' }, drained: true, stop: { version: 2, at: T0 } },
  refused: { state: 'refused', refusedAt: T0 },
} as const satisfies Record<string, Partial<Task>>
export type Kind = keyof typeof KINDS

type Tasks = Partial<Record<Kind, number>>

export type Given = {
  readonly desired: number
  readonly spec?: Partial<ServiceSpec>
  readonly update?: UpdateConfig
  /** Tasks of revision 1, which is stable, and of revision 2, which is wished. */
  readonly old?: Tasks
  readonly next?: Tasks
  readonly deployment?: Partial<NonNullable<Service['deployment']>> | 'over' | 'failed'
  readonly more?: Partial<Service>
}

export function serviceOf({ desired, spec: specMore, update = {}, old = {}, next = {}, deployment = {}, more }: Given): Service {
  const wished = spec('v2', { update, ...specMore })
  const begun = { stamp: 2, failures: 0, successes: 0, most: 0, progressAt: T0, startedAt: T0 }
  let number = 0
  const make = (prefix: string, revision: number, tasks: Tasks): [string, Task][] =>
    (Object.entries(tasks) as [Kind, number][]).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, index): [string, Task] => {
        const id = `${prefix}-${kind}-${index}`
        const intent = { version: 1, at: revision === 1 ? LONG_AGO : T0 }
        const base = {
          id,
          number: ++number,
          revision,
          restarts: 0,
          intent,
          state: 'running' as const,
          seen: 1,
          seenAt: T0,
          available: false,
          drained: false,
        }
        return [id, { ...base, ...KINDS[kind] }]
      }),
    )
  const tasks = Object.fromEntries([...make('old', 1, old), ...make('new', 2, next)])
  const isOver = typeof deployment === 'string'
  return {
    ...emptyService,
    version: 10,
    at: T0,
    wish: wishOf({ stamp: 2, deployment: 2, revision: 2, replicas: desired, spec: wished }),
    stable: 1,
    specs: { 1: spec('v1'), 2: wished },
    scale: { replicas: desired, after: 1 },
    deployment: isOver ? undefined : { ...begun, ...deployment },
    ended: isOver ? { stamp: 2, outcome: deployment === 'failed' ? 'failed' : 'ok', why: 'said so' } : undefined,
    tasks,
    lastNumber: number,
    ...more,
  }
}

export const look = (s: Service, at: number): Reading => ({
  at,
  asOf: s.version,
  running: new Set(
    Object.values(s.tasks)
      .filter(task => task.state === 'running' && task.health !== 'unhealthy')
      .map(task => task.id),
  ),
})

export const planAt = (s: Service, after = 0, reading = true): Plan =>
  plan(s, T0 + after, SETTING, reading ? look(s, T0 + after) : undefined)

type Types = ServiceEvent['type']
export const eventsOf = <T extends Types>({ actions }: Plan, type: T) =>
  actions.map(action => action.event).filter((event): event is ServiceEvent & { type: T } => event.type === type)

/** How many tasks a plan starts, and which it drains. */
export const startsIn = (p: Plan): number => eventsOf(p, 'StartsIntended').reduce((sum, event) => sum + event.tasks.length, 0)
export const drainsIn = (p: Plan): readonly string[] => eventsOf(p, 'DrainStarted').flatMap(event => event.ids)
/** Drained tasks by kind: { 'old-available': 2 }. */
export const drainedKinds = (p: Plan): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(drainsIn(p), id => id.replace(/-\d+$/, ''))].map(([kind, ids]) => [kind, ids.length]))
export const endIn = (p: Plan) => eventsOf(p, 'DeploymentEnded')[0]

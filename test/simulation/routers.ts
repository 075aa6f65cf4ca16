import { Sleep } from '../../shared/adapters/proxy/sleep.ts'
import type { Router } from '../../shared/ports/router.ts'
import type { TargetHealth } from '../../shared/ports/target-health.ts'
import { RoutesOutdated } from '../../shared/ports/time-left.ts'
import type { Call } from './process.ts'
import { SECOND } from './rules.ts'
import type { Tasks } from './tasks.ts'
import type { World } from './world.ts'

const LATENCY = 30

/** Who truly gets requests: a target that was taken out leaves when its last request is done. */
export class Targets {
  private targets = new Map<string, { readonly stream: string; leavesAt: number }>()
  /** The last version of each stream that the home router took. */
  versions = new Map<string, number>()
  /** Whom first requests wake. */
  sleeps = new Map<string, Sleep>()
  /** Shown to the load balancer, and sent nothing before it found them healthy. */
  readonly coming = new Map<string, readonly string[]>()
  onRoute: (stream: string, added: readonly string[]) => void = () => {}
  private readonly world: World
  constructor(world: World) {
    this.world = world
  }

  /** The home router lives in the host, and its connections die with it. */
  reset(): void {
    this.targets = new Map()
    this.versions = new Map()
    this.sleeps = new Map()
  }

  sleepOf(stream: string): Sleep {
    const sleep = this.sleeps.get(stream) ?? new Sleep()
    this.sleeps.set(stream, sleep)
    return sleep
  }

  present(stream: string): string[] {
    return [...this.targets].filter(([, target]) => target.stream === stream && target.leavesAt > this.world.now).map(([id]) => id)
  }
  routed(stream: string): string[] {
    return [...this.targets]
      .filter(([, target]) => target.stream === stream && target.leavesAt === Number.POSITIVE_INFINITY)
      .map(([id]) => id)
  }
  hasRequest(id: string): boolean {
    return (this.targets.get(id)?.leavesAt ?? 0) > this.world.now
  }

  change(stream: string, added: readonly string[], gone: readonly string[]): void {
    for (const id of gone) {
      const target = this.targets.get(id)
      if (target?.leavesAt === Number.POSITIVE_INFINITY) target.leavesAt = this.world.now + this.openFor()
    }
    for (const id of added) this.targets.set(id, { stream, leavesAt: Number.POSITIVE_INFINITY })
    this.onRoute(stream, added)
  }

  private openFor(): number {
    if (this.world.chance(0.5)) return 0
    return this.world.chance(0.1) ? this.world.between(0, 200 * SECOND) : this.world.between(0, 9 * SECOND)
  }
}

const check = async () => []

/** Swaps the whole set, and refuses an older version (E4). It is in the host: its calls take no time. */
export function homeRouter(world: World, targets: Targets, call: Call): Router {
  const last = new Map<string, readonly string[]>()
  return {
    isVersioned: true,
    check,
    apply: (stream, version, wanted) =>
      call(1, () => {
        if (version < (targets.versions.get(stream) ?? 0) && world.holds('router-version')) return
        targets.versions.set(stream, Math.max(version, targets.versions.get(stream) ?? 0))
        targets.sleepOf(stream).apply(version, wanted)
        const ids = wanted.targets.map(target => target.id)
        const routed = targets.routed(stream)
        targets.change(
          stream,
          ids.filter(id => !routed.includes(id)),
          routed.filter(id => !ids.includes(id)),
        )
      }),
    targets: stream => call(1, () => stale(world, last, stream, targets.present(stream))),
  }
}

/** ALB knows no versions: the difference to what was seen a moment ago, whatever happened since. */
export function balancer(world: World, targets: Targets, call: Call): Router {
  const last = new Map<string, readonly string[]>()
  return {
    isVersioned: !world.holds('late-register'),
    check,
    async apply(stream, _version, wanted, left = () => Number.POSITIVE_INFINITY) {
      const isLed = wanted.fronts.length > 0 || (wanted.names ?? []).length > 0
      const ids = isLed ? wanted.targets.map(target => target.id) : []
      const add = (added: readonly string[]) => {
        if (left() <= 0) throw new RoutesOutdated('too late')
        targets.change(stream, added, [])
      }
      await call(LATENCY, () => targets.coming.set(stream, wanted.coming?.map(target => target.id) ?? []))
      for (let round = 0; round < 3; round++) {
        const there = await call(LATENCY, () => targets.routed(stream))
        const added = ids.filter(id => !there.includes(id))
        const gone = there.filter(id => !ids.includes(id))
        if (added.length + gone.length === 0) return
        if (added.length) await call(LATENCY, () => add(added))
        if (gone.length) await call(LATENCY, () => targets.change(stream, [], gone))
      }
    },
    targets: stream => call(LATENCY, () => stale(world, last, stream, targets.present(stream))),
  }
}

/** What a load balancer's own check finds of those that it was shown; now and then it has not made up its mind. */
export function balancerHealth(world: World, tasks: Tasks, targets: Targets, call: Call): TargetHealth {
  return {
    look: (stream, asked) =>
      call(LATENCY, () => {
        const shown = new Set([...targets.routed(stream), ...(targets.coming.get(stream) ?? [])])
        return asked.flatMap(({ id }) => {
          const task = tasks.find(id)
          if (!task || !shown.has(id) || world.chance(0.1)) return []
          const passed = task.state === 'running' && task.readySince !== undefined && task.away === undefined
          return [{ id, passed, ...(!passed && { why: 'Target.Timeout' }) }]
        })
      }),
  }
}

/** The rule as-of left out: what the last look saw. */
function stale(world: World, last: Map<string, readonly string[]>, stream: string, present: readonly string[]): readonly string[] {
  if (world.holds('as-of')) return present
  const before = last.get(stream) ?? []
  last.set(stream, present)
  return before
}

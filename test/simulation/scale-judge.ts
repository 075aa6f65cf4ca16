import type { Commit } from '../../shared/domain/commit.ts'
import { canonicalJson } from '../../shared/domain/hash.ts'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import type { Installation } from './installation.ts'
import type { Scaled, StreamText, Told } from './log-text.ts'
import { isWhole } from './metric-source.ts'
import { allowedAt } from './policies.ts'
import { MINUTE, SECOND } from './rules.ts'
import type { World } from './world.ts'

/** How long before its commit a decision may have read: a function's timeout, the longest freeze, and requests that land late. */
const WINDOW = 4 * MINUTE
const SLACK = 90 * SECOND
/** A clock that is late by less than a late tick moves nothing along. */
const IDLE_SLACK = 40 * SECOND

/** What autoscaling must never do, judged by the true load, by what of the metrics could be believed, and by the log's text. */
export class ScaleJudge {
  private readonly world: World
  private readonly installation: Installation
  constructor(installation: Installation) {
    this.world = installation.world
    this.installation = installation
  }

  onCommit(commit: Commit): void {
    const text = this.installation.storage.of(commit.stream)
    for (const event of commit.events as readonly Told[]) {
      if (event.type === 'ScaleSet') this.checkSet(commit, text, text.scales.at(-1)!)
      if (event.type === 'DrainStarted') this.checkProtected(commit, text, event.ids)
      if (event.type === 'WishesChanged') this.checkRevisions(commit, text, event)
    }
  }

  private checkSet({ stream, at }: Commit, text: StreamText, scaled: Scaled): void {
    const { by, inputs, why } = scaled.event
    const policy = text.last('WishTaken')?.wish.spec.scale as ScalePolicy | undefined
    const { from, to } = scaled
    const fail = (what: string) => this.world.fail(`${what}: ${stream} from ${from} to ${to} by ${by ?? 'a person'} (${why})`)
    if (!policy) {
      if (by) fail('scaled without a policy')
      return
    }
    const { min, max } = allowedAt(policy, at)
    const isAllowed = by ? to >= min && to <= max : to >= policy.min && to <= policy.max
    if (!isAllowed && !(to === 0 && policy.idle) && !(by === undefined && policy.schedules)) fail('outside of its bounds')
    if (!by) return
    this.world.count(by === 'demand' ? 'woken' : to > from ? 'scaled up' : 'scaled down')
    if (from === to) fail('one decision recorded twice')
    if (by === 'demand' && from > 0) fail('woken though awake')
    if (by === 'autoscale' && inputs.current !== from) fail(`invariant 10: decided on ${inputs.current}`)
    if (to >= from || by !== 'autoscale') return
    if (to === 0) this.checkSleep(policy, fail)
    else if (from <= max || to !== max) this.checkMeasured(policy, text, to, fail)
  }

  /** Nothing came in for as long as the file says, up to a moment that may have been read. */
  private checkSleep({ idle }: ScalePolicy, fail: (what: string) => void): void {
    const { load } = this.installation
    this.world.count('fallen asleep')
    for (let end = this.world.now; end >= this.world.now - WINDOW; end -= 5 * SECOND)
      if (load.isZeroThrough(end - idle!.after + IDLE_SLACK, end)) return
    fail('put to sleep under work')
  }

  /**
   * Never below what was truly measured: each metric had a reading that could be believed, and were all tasks as little used as the least of
   * them, so many would still be needed. What is missing or absurd has no part in that.
   */
  private checkMeasured({ targets }: ScalePolicy, text: StreamText, to: number, fail: (what: string) => void): void {
    const { world, installation } = this
    const ready = [...text.intended.keys()].filter(id => isReady(text, id)).length
    for (const { metric } of targets) {
      const read = installation.metrics.believable.filter(({ kind, at }) => kind === metric.kind && at >= world.now - WINDOW)
      if (read.length === 0) {
        fail(`scaled down while ${metric.kind} was missing or absurd`)
        continue
      }
      const least = Math.min(...read.map(({ ratio }) => ratio))
      const needed = Math.ceil((isWhole(metric.kind) ? least : Math.min(1, least) * ready) - 1e-6)
      if (to < needed) fail(`scaled down though ${metric.kind} asks for ${needed}`)
    }
  }

  /** A rollout, a stop and what is ill do not ask. Clocks may be set meanwhile: what counts is time awake. */
  private checkProtected({ stream }: Commit, text: StreamText, ids: readonly string[]): void {
    const wish = text.last('WishTaken')?.wish
    if (!wish || wish.cause === 'remove' || wish.stopped) return
    const now = `${wish.revision}.${wish.restarts}`
    for (const id of ids) {
      const event = text.of('TaskProtected').findLast(told => told.ids.includes(id))
      if (!event) continue
      this.world.count('tasks that were protected left')
      const left = event.awake + event.until - text.commits[event.version - 1]!.at - this.world.now
      if (left > SLACK && text.intended.get(id) === now && !text.ill.has(id))
        this.world.fail(`a protected task leaves: ${stream} ${id}, protected for ${left / SECOND} s more`)
    }
  }

  /** How it is scaled is no part of what a task runs. */
  private checkRevisions(commit: Commit, text: StreamText, { wishes }: Told): void {
    for (const [service, change] of Object.entries(wishes as Record<string, { readonly spec?: object; readonly scale?: unknown }>)) {
      if (change.scale !== undefined) this.world.count('policies changed alone')
      if (!change.spec) continue
      const same = text
        .of('WishesChanged')
        .filter(event => event.version < commit.version && event.wishes[service]?.spec)
        .some(event => withoutScale(event.wishes[service].spec) === withoutScale(change.spec!))
      if (same) this.world.fail(`a new revision of ${service} for another scale`)
    }
  }
}

const withoutScale = (spec: object) => canonicalJson({ ...spec, scale: undefined })

const isReady = (text: StreamText, id: string): boolean =>
  text.saidReady.has(id) && !text.isUnready(id) && !text.leaving.has(id) && !text.stopped.has(id) && !text.ill.has(id)

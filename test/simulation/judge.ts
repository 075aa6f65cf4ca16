import type { Commit } from '../../shared/domain/commit.ts'
import { serviceStream } from '../../shared/domain/commit.ts'
import type { Installation } from './installation.ts'
import type { StreamText, Told } from './log-text.ts'
import { MINUTE, SECOND } from './rules.ts'
import { DRAIN, MONITOR, PROGRESS_DEADLINE, type Shop, termsOf } from './shop.ts'
import { stackText } from './stack-text.ts'
import { isGood, isLive, type Real } from './tasks.ts'
import type { World } from './world.ts'

/** Clocks of two Lambda environments differ by up to two seconds. */
const SLACK = 3 * SECOND

/**
 * What must never happen. Judged by the world's truth and by the log's text (invariant 1), never by the folds or the plan under test; each
 * names the invariant of DESIGN section 3 or the rule that it holds.
 */
export class Judge {
  private readonly world: World
  private readonly installation: Installation
  private readonly shop: Shop

  constructor(installation: Installation, shop: Shop) {
    this.installation = installation
    this.world = installation.world
    this.shop = shop
    installation.tasks.onStart = task => this.onStart(task)
    installation.tasks.onStop = task => this.onStop(task)
    installation.targets.onRoute = (stream, added) => this.onRoute(stream, added)
  }

  private text(stream: string): StreamText {
    return this.installation.storage.of(stream)
  }
  private terms(stream: string) {
    return termsOf(this.shop, stream.split('/')[2]!, this.text(stream).desired)
  }

  // ---- when a task starts, stops or gets requests

  private onStart(task: Real): void {
    const { world, installation } = this
    const { stream } = task.request
    const starts = installation.tasks.all.filter(other => other.id === task.id).reduce((sum, other) => sum + other.starts, 0)
    if (starts > 1) world.fail(`invariant 4: ${task.id} started twice`)
    if (!this.text(stream).intended.has(task.id)) world.fail(`invariant 2: ${task.id} started without an intent`)
    const { intended } = this.text(stream)
    const beside = installation.tasks
      .of(stream)
      .filter(other => other !== task && isLive(other) && intended.get(other.id) !== intended.get(task.id))
    if (this.terms(stream).writer && beside.length)
      world.fail(`E8: ${task.id} (${task.image}) writes beside ${beside.map(other => other.image)}`)
  }

  /** Invariant 11: a stop cuts no request, unless the drain's deadline is over. */
  private onStop(task: Real): void {
    if (!this.installation.targets.hasRequest(task.id)) return
    const drain = this.text(task.request.stream).drains.get(task.id)
    if (!drain || this.world.now < drain.awake + DRAIN - SLACK) this.world.fail(`invariant 11: ${task.id} stopped under a request`)
    else this.world.count('requests cut at the deadline')
  }

  private onRoute(stream: string, added: readonly string[]): void {
    const { world, installation } = this
    for (const id of added) {
      if (!installation.tasks.all.some(task => task.id === id && task.readySince !== undefined))
        world.fail(`invariant 11: routed to ${id} before it was ready`)
    }
    if (world.kind !== 'docker') return
    const version = installation.targets.versions.get(stream) ?? 0
    for (const id of installation.targets.routed(stream)) {
      if ((this.text(stream).drains.get(id)?.version ?? Number.POSITIVE_INFINITY) <= version)
        world.fail(`invariant 11: ${id} is draining and routed`)
      if (this.text(stream).isUnready(id, version)) world.fail(`invariant 11: ${id} failed its readiness probe and is routed`)
    }
  }

  // ---- when something is recorded

  onCommit(commit: Commit): void {
    for (const event of commit.events as readonly Told[]) {
      if (event.probe) this.world.count(`${event.probe.name} ${event.probe.passed ? 'passed' : 'failed'}`)
      if (event.type === 'DrainStarted' && event.why !== 'unhealthy') this.checkFloor(commit, event.ids)
      if (event.type === 'StartsIntended') this.checkCeiling(commit.stream)
      if (event.type === 'DeploymentEnded' && event.outcome === 'failed') this.checkVerdict(commit.stream, event)
      if (event.type === 'WishesChanged' && event.cause === 'rollback') this.checkRollback(commit, event)
    }
  }

  /**
   * Invariant 7, judged when the drain is decided: what truly serves, and stays, is not under desired − maxUnavailable. What died by itself and
   * is not recorded yet counts as serving; a task of the revision being deployed serves when it was ready for `monitor` (M7).
   */
  private checkFloor({ stream }: Commit, victims: readonly string[]): void {
    const text = this.text(stream)
    const floor = text.desired - this.terms(stream).unavailable
    const wish = text.last('WishTaken')
    const ended = text.last('DeploymentEnded')
    const deploying =
      wish && (!ended || ended.version < wish.version) && wish.wish.revision !== text.stable
        ? `${wish.wish.revision}.${wish.wish.restarts}`
        : undefined
    const onProbation = (task: Real) => text.intended.get(task.id) === deploying && !(text.available.get(task.id)! < wish!.version)
    const serves = (task: Real) =>
      task.readySince !== undefined &&
      !text.stopped.has(task.id) &&
      !text.ill.has(task.id) &&
      !text.isUnready(task.id) &&
      (isLive(task) || task.byItself) &&
      (!onProbation(task) || this.world.now >= task.readySince + MONITOR - SLACK)
    const serving = this.installation.tasks.of(stream).filter(serves)
    const staying = serving.filter(task => !text.leaving.has(task.id) && !victims.includes(task.id)).length
    const counted = (task: Real) => text.saidReady.has(task.id) && (!onProbation(task) || text.available.has(task.id))
    if (staying < floor && serving.some(task => victims.includes(task.id) && counted(task)))
      this.world.fail(`invariant 7: ${stream} drains ${victims.length} to ${staying} serving, at least ${floor}`)
  }

  /** Invariant 7: the recorded starts and what truly lives are together at most desired + maxSurge, counted by M8. */
  private checkCeiling(stream: string): void {
    const text = this.text(stream)
    const { order, surge } = this.terms(stream)
    const ceiling = text.desired + surge
    const real = new Map(this.installation.tasks.of(stream).map(task => [task.id, task]))
    const counted = [...text.intended.keys()].filter(id => {
      const task = real.get(id)
      const lives = task ? isLive(task) || (task.state === 'created' && !text.over.has(id)) : !text.over.has(id)
      return lives && (order === 'stop-first' || !(text.leaving.has(id) || text.ill.has(id)))
    }).length
    if (counted > ceiling) this.world.fail(`invariant 7: ${stream} intends ${counted} tasks, at most ${ceiling}`)
  }

  /** T5: a progress deadline passes in awake time only (less the freeze before its put); and nothing good is broken off by the circuit breaker. */
  private checkVerdict(stream: string, { why, stamp }: Told): void {
    const taken = this.text(stream)
      .of('WishTaken')
      .findLast(event => event.wish.stamp === stamp)
    if (!taken) {
      this.world.fail(`L2: ${stream} ended ${stamp}, which it never took`)
      return
    }
    const awake = this.world.now - taken.awake
    if (why.startsWith('no progress') && awake < PROGRESS_DEADLINE - MINUTE - 5 * SECOND)
      this.world.fail(`T5: ${stream} failed after ${(awake / SECOND).toFixed(0)} s awake`)
    const { image } = taken.wish.spec
    const deaths = this.installation.tasks.of(stream).filter(task => task.image === image && task.byItself).length
    if (isGood(image) && why.includes('failed before') && deaths < 3)
      this.world.fail(`section 7: ${stream} ${image} broken off after ${deaths} deaths`)
  }

  /** Section 7: by policy back to the newest stable revision; never to an equal spec. */
  private checkRollback(commit: Commit, { wishes }: Told): void {
    const byPolicy = commit.commandId === undefined
    for (const [service, change] of Object.entries(wishes as Record<string, { readonly run?: { readonly revision: number } }>)) {
      if (!change.run) continue
      const { stable, wished, removed } = stackText(this.text(commit.stream), service, commit.version)
      if (byPolicy && change.run.revision !== stable)
        this.world.fail(`rollback of ${service} to ${change.run.revision}, the newest stable is ${stable}`)
      if (change.run.revision === wished && !removed) this.world.fail(`rollback of ${service} to an equal spec, revision ${wished}`)
    }
  }

  /** E2: the run that committed an intent executes it at once. */
  onEnd(intended: readonly string[]): void {
    for (const id of intended)
      if (!this.installation.startCalls.has(id)) this.world.fail(`E2: ${id} was left lying by the living run that intended it`)
  }
}

export const streamOf = (service: string): string => serviceStream('shop', service)

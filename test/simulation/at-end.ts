import type { Commit } from '../../shared/domain/commit.ts'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import type { Installation } from './installation.ts'
import { streamOf } from './judge.ts'
import type { Told } from './log-text.ts'
import { allowedAt } from './policies.ts'
import { MINUTE } from './rules.ts'
import { SCALED, type Shop, termsOf } from './shop.ts'
import { type ServiceText, stackText } from './stack-text.ts'
import { isGood, isLive } from './tasks.ts'
import type { Asked } from './users.ts'

/** What must have come about when the faults have stopped and bounded time has passed; empty when all is well. */
export function atEnd(installation: Installation, shop: Shop, asked: readonly Asked[]): string[] {
  const { storage, tasks } = installation
  const wrong = [...lost(installation, asked), ...behind(installation)]
  for (const service of ['web', 'db', 'worker']) {
    const said = stackText(storage.of('stack/shop'), service)
    if (said.stamp !== undefined) wrong.push(...serviceAtEnd(installation, shop, asked, service, said))
  }
  const web = stackText(storage.of('stack/shop'), 'web')
  if (web.stamp !== undefined && !web.removed && !storage.claimed.has('port/8080/tcp'))
    wrong.push('L10: the port of web is not claimed any more')
  for (const task of tasks.all) if (task.state === 'created') wrong.push(`${task.id} was created and nobody started it`)
  return wrong
}

function* serviceAtEnd(
  installation: Installation,
  shop: Shop,
  asked: readonly Asked[],
  service: string,
  said: ServiceText,
): Iterable<string> {
  const { tasks, targets } = installation
  const { image = '', removed, stopped, restarts, wished, settled } = said
  const live = tasks.of(streamOf(service)).filter(isLive)
  const { intended } = installation.storage.of(streamOf(service))
  const right = live.filter(
    task => intended.get(task.id) === `${wished}.${restarts}` && task.readySince !== undefined && task.health !== 'unhealthy',
  )
  const isScaled = service === 'web' && shop.policies !== undefined
  const scale = isScaled ? installation.storage.of(streamOf(service)).desired : acceptedScale(installation, asked, service, live.length)
  const wanted = removed || stopped ? 0 : scale
  const outcome = settled?.outcome ?? 'none'
  const good = removed || stopped || isGood(image)
  const dependent = outcome === 'failed' && /depends on/.test(settled!.why)
  if (good && outcome !== 'ok' && !dependent)
    yield `${service}: ${removed ? 'its removal' : image} is good, its outcome ${outcome} (${settled?.why})`
  if (
    !good &&
    !dependent &&
    !settled?.provesNothing &&
    (outcome !== 'failed' || (said.cause === 'up' && said.stable !== undefined && said.stable !== said.wished))
  )
    yield `${service}: rests on ${image}, outcome ${outcome}, stable ${said.stable}`
  if (good && !dependent && (live.length !== wanted || right.length !== wanted))
    yield `${service}: ${live.length} live, ${right.length} right, ${wanted} wanted on ${image}`
  if (isScaled && good && !dependent && wanted > 0) yield* scaledAtEnd(installation, wanted)
  if ((!good || dependent) && live.length > scale) yield `${service}: held with ${live.length} live`
  const routed = targets.routed(streamOf(service)).sort().join()
  const ready = right
    .map(task => task.id)
    .sort()
    .join()
  if (good && !dependent && termsOf(shop, service, 1).routed && routed !== ready)
    yield `${service}: routed are [${routed}], ready [${ready}]`
}

/** As many as the load asks for, within its bounds, or none where nothing comes in. */
function* scaledAtEnd({ storage, load, world }: Installation, count: number): Iterable<string> {
  const policy = storage.of(SCALED).last('WishTaken')?.wish.spec.scale as ScalePolicy | undefined
  if (!policy) return
  const sleeps = policy.idle !== undefined && load.level() === 0
  const fits = [world.wall(), world.wall() - 10 * MINUTE].some(at => {
    const { min, max } = allowedAt(policy, at) // a schedule that is just over may still be followed
    const asked = policy.targets.length ? Math.ceil(load.level()) : min
    return count === Math.min(Math.max(asked, min), max)
  })
  if (!fits || sleeps) yield `web: scaled to ${count} at a load of ${load.level()}${sleeps ? ', and nothing comes in' : ''}`
}

/** Invariant 4: an accepted command is in the log once, and commands that were asked one after the other lie there in that order. */
function* lost({ storage }: Installation, asked: readonly Asked[]): Iterable<string> {
  const found = new Map<string, Commit[]>()
  for (const commit of [...storage.commits.values()].flat()) {
    const key = commit.commandId?.split('+')[0]
    if (key) found.set(key, [...(found.get(key) ?? []), commit])
  }
  const repeated = [...found].find(([, commits]) => commits.length > 1)
  if (repeated) yield `${repeated[0]} is in the log ${repeated[1].length} times`
  for (const command of asked) {
    if (command.answeredAt === undefined) yield `${command.key} was never answered`
    const mine = found.get(command.key)?.[0]
    if (command.status === 202 && !mine) yield `${command.key} was accepted and is not in the log`
    const later = asked.find(other => {
      const theirs = found.get(other.key)?.[0]
      return (
        mine &&
        theirs?.stream === mine.stream &&
        other.answeredAt !== undefined &&
        other.answeredAt < command.askedAt &&
        theirs.version > mine.version
      )
    })
    if (later) yield `${command.key} lies before ${later.key}, which was answered before it was asked`
  }
}

/** L6: rows that never heard of the newest commit. The audit finds them within the hour. */
function* behind({ storage }: Installation): Iterable<string> {
  for (const [stream, commits] of storage.commits) {
    const row = storage.row(stream)
    if (row?.version !== commits.length) yield `the row of ${stream} is at ${row?.version}, the head at ${commits.length}`
  }
}

type Set = { readonly to: number; readonly askedAt: number; readonly answeredAt: number }

/** The number asked for last; where commands overlapped in time either may have been the last: `hint` picks among those. */
function acceptedScale(installation: Installation, asked: readonly Asked[], service: string, hint: number): number {
  const sets = [...fileSets(installation, asked, service), ...scaleSets(asked, service)]
  const last = sets.filter(set => !sets.some(other => other.askedAt > set.answeredAt)).map(set => set.to)
  return last.includes(hint) ? hint : (last.at(-1) ?? 0)
}

function* scaleSets(asked: readonly Asked[], service: string): Iterable<Set> {
  for (const { isScale, replicas, askedAt, answeredAt, status } of asked)
    if (isScale && status === 202 && answeredAt !== undefined && replicas[service] !== undefined)
      yield { to: replicas[service], askedAt, answeredAt }
}

/** M1: a file sets the number when it is another one than the last file's, and when the service comes (back) to life: a new one, not the former's. */
function* fileSets({ storage }: Installation, asked: readonly Asked[], service: string): Iterable<Set> {
  let filed: number | undefined
  let removed = true
  for (const commit of storage.of('stack/shop').commits) {
    for (const event of commit.events as readonly Told[]) {
      const change = event.type === 'WishesChanged' ? event.wishes[service] : undefined
      if (!change) continue
      const command = asked.find(other => other.key === commit.commandId?.split('+')[0])
      const former = removed && !change.remove && event.cause === 'up' ? undefined : filed
      const to: number = change.replicas ?? former ?? 1
      if (!change.remove && (removed || to !== filed) && command?.answeredAt !== undefined)
        yield { to, askedAt: command.askedAt, answeredAt: command.answeredAt }
      filed = to
      removed = change.remove === true
    }
  }
}

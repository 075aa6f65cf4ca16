import type { Commit } from '../domain/commit.ts'
import type { ProbeVerdict } from '../domain/fact.ts'
import type { ServiceEvent } from '../domain/service.ts'
import type { StackEvent, WishChange } from '../domain/stack.ts'

/** One event as a sentence for people. `nameOf` turns a task id into web.7. */
export function describeEvent(event: StackEvent | ServiceEvent, commit: Pick<Commit, 'actor'>, nameOf: (id: string) => string): string {
  switch (event.type) {
    case 'WishesChanged':
      return describeWishes(event, commit)
    case 'NothingChanged':
      return `${commit.actor} asked for what is there already`
    case 'PauseChanged':
      return `${event.paused ? 'paused' : 'resumed'} by ${commit.actor}: ${event.services.join(', ')}`
    case 'ServiceSettled':
      return `${event.service} ${event.outcome === 'ok' ? 'is done' : 'failed'}: ${event.why}`
    case 'CommandRefused':
      return `refused: ${event.message} (${event.code})`
    case 'WishTaken':
      return describeTaken(event.wish)
    case 'ScaleSet':
      return `scaled to ${event.replicas} by ${event.by === 'demand' ? 'the first request' : commit.actor}${event.why ? ` (${event.why})` : ''}`
    case 'ScaleAdvised':
      return describeAdvice(event)
    case 'TaskProtected':
      return `${event.ids.map(nameOf).join(', ')} is kept from scaling in until ${new Date(event.until).toISOString()}`
    case 'StartsIntended':
      return `start ${event.tasks.map(task => nameOf(task.id)).join(', ')} on revision ${event.revision} (${event.why})`
    case 'TaskSeen':
      return describeSeen(event, nameOf(event.id))
    case 'TaskAvailable':
      return `${nameOf(event.id)} is available`
    case 'DrainStarted':
      return `${event.ids.map(nameOf).join(', ')} gets no new requests (${event.why})`
    case 'DrainOver':
      return `${event.ids.map(nameOf).join(', ')} has no request left`
    case 'StopsIntended':
      return `stop ${event.ids.map(nameOf).join(', ')} (${event.why})`
    case 'DeploymentEnded':
      return `deployment ${event.outcome === 'ok' ? 'is done' : 'given up'}: ${event.why}`
    case 'ExecAsked':
      return `${commit.actor} ran ${event.program} inside of ${nameOf(event.id)}`
    case 'ClockStepped':
      return 'the clock stepped, or the host was away: deadlines move along'
  }
}

function describeAdvice(event: ServiceEvent & { type: 'ScaleAdvised' }): string {
  const figures = event.inputs.metrics.flatMap(({ metric, ratio, target }) =>
    ratio === undefined ? [] : [`${metric} at ${Math.round(ratio * 100)} % of its target ${target}`],
  )
  return [adviceSentence(event), ...(figures.length ? [`(${figures.join(', ')})`] : [])].join(' ')
}

function adviceSentence({ wanted, bounded, why }: ServiceEvent & { type: 'ScaleAdvised' }): string {
  if (wanted === undefined) return `scaling leaves it at ${bounded}: ${why}`
  return wanted === bounded ? `scaling asks for ${wanted}: ${why}` : `scaling asks for ${wanted}, ${bounded} are to be: ${why}`
}

const VERBS = {
  up: 'asked for',
  rollback: 'rolled back',
  remove: 'taken down',
  restart: 'restart asked for',
  stop: 'stop asked for',
  start: 'start asked for',
}

function describeWishes(event: StackEvent & { type: 'WishesChanged' }, { actor }: Pick<Commit, 'actor'>): string {
  const of = Object.entries(event.wishes).map(([name, change]) => `${name} ${describeChange(change)}`)
  const where = event.to === undefined ? '' : ` to deployment ${event.to}`
  return `deployment ${event.deployment} ${VERBS[event.cause]}${where} by ${actor}: ${of.join(', ')}${event.why ? ` (${event.why})` : ''}`
}

const describeChange = (change: WishChange) =>
  'remove' in change
    ? 'removed'
    : `revision ${change.run.revision}${change.run.stopped ? ', stopped' : ''}${change.scale === undefined ? '' : ', scaled by another rule'}`

function describeTaken(wish: (ServiceEvent & { type: 'WishTaken' })['wish']): string {
  if (wish.cause === 'remove') return 'to be removed'
  if (wish.paused) return `held on the way to revision ${wish.revision}: paused by ${wish.paused.by}`
  if (wish.cause === 'rollback') return `wish goes back to revision ${wish.revision}`
  return `revision ${wish.revision} is wished${wish.stopped ? ', stopped' : ''} (deployment ${wish.deployment})`
}

function describeVerdict({ name: probe, passed, why }: ProbeVerdict, name: string): string {
  if (!passed) return `${name} failed its ${probe} probe${why ? `: ${why}` : ''}`
  return probe === 'readiness' ? `${name} is ready: its readiness probe passed` : `${name} passed its ${probe} probe`
}

function describeSeen(event: ServiceEvent & { type: 'TaskSeen' }, name: string): string {
  if (event.state === 'refused') return `${name} could not start: ${event.refusal?.message ?? 'refused'}`
  if (event.state === 'stopped') return `${name} ${event.exit?.reason ?? 'stopped'}`
  if (event.probe) return describeVerdict(event.probe, name)
  if (event.leaving) return `${name} will be ended by its runtime: ${event.leaving.why}`
  if (event.health === 'unhealthy') return `${name} is unhealthy: its health check failed`
  if (event.health === 'healthy') return `${name} is healthy`
  if (event.ready) return `${name} answers on its ports`
  return event.state === 'pending' ? `${name} is being started` : `${name} runs`
}

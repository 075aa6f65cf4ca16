import { type Commit, serviceStream, stackStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import { emptyService, isLeaving, type Service, type Task } from '../domain/service.ts'
import type { Stack } from '../domain/stack.ts'
import { isRemoved } from '../domain/stack.ts'
import { whyNotReady } from '../reconcile/starts.ts'
import { isScaled } from '../scaling/autoscale-service.ts'
import { inOrder } from './causal-order.ts'
import { describeEvent } from './describe-event.ts'
import { taskNames } from './events.ts'
import { servicesOf, stackOrThrow } from './find-stack.ts'
import { type AnyEvent, type QueryPorts, waitsFor } from './queries.ts'
import { serviceView, taskState } from './views.ts'

export type Evidence = { readonly at: number; readonly text: string; readonly stream: string; readonly version: number }
export type Explanation = {
  readonly subject: string
  readonly sentence: string
  readonly evidence: readonly Evidence[]
  readonly waitsFor: readonly string[]
}

/** Invariant 8: a sentence, then the evidence, each line a commit that can be looked up. `subject`: a service, web.7, or a task id. */
export async function explain(ports: QueryPorts, name: string, subject: string): Promise<Explanation> {
  const stack = await stackOrThrow(ports, name)
  const services = await servicesOf(ports, name, stack)
  if (stack.services[subject]) return explainService(ports, name, stack, services, subject)
  for (const [service, s] of Object.entries(services)) {
    const task = [...Object.values(s.tasks), ...s.endedTasks].find(
      ({ id, number }) => id === subject || `${service}.${number}` === subject || `${name}-${service}-${number}` === subject,
    )
    if (task) return explainTask(ports, name, service, s, task.id)
  }
  throw new CodedError('LS-NOT-FOUND', `${name} has no service and no task ${subject}`, {
    hint: `Its services: ${Object.keys(stack.services).join(', ')}`,
  })
}

const EVIDENCE = 40

async function explainService(
  ports: QueryPorts,
  name: string,
  stack: Stack,
  services: Readonly<Record<string, Service>>,
  service: string,
): Promise<Explanation> {
  const s = services[service] ?? emptyService
  const commits = [
    ...(await tail(ports, serviceStream(name, service), s.version)),
    ...(await tail(ports, stackStream(name), stack.version)),
  ]
  const nameOf = await taskNames(ports, name, commits)
  const concerns = (event: AnyEvent) =>
    event.type === 'WishesChanged'
      ? service in event.wishes
      : event.type === 'ServiceSettled'
        ? event.service === service
        : event.type === 'PauseChanged'
          ? event.services.includes(service)
          : event.type !== 'NothingChanged'
  return {
    subject: service,
    sentence: [sentenceOf(ports, stack, s, service), ...troubleSentence(ports, s, service), ...scalingSentence(s)].join(' '),
    evidence: evidence(commits, concerns, nameOf),
    waitsFor: waitsFor(ports, name, stack, service, services, ports.clock.now()),
  }
}

/** The newest commits of a stream: what explains the present. */
const tail = (ports: QueryPorts, stream: string, version: number): Promise<readonly Commit[]> =>
  ports.log.read(stream, Math.max(0, version - EVIDENCE))

function evidence(commits: readonly Commit[], concerns: (event: AnyEvent) => boolean, nameOf: (id: string) => string): readonly Evidence[] {
  const lines = inOrder(commits).flatMap(commit =>
    (commit.events as readonly AnyEvent[])
      .filter(concerns)
      .map(event => ({ at: commit.at, text: describeEvent(event, commit, nameOf), stream: commit.stream, version: commit.version })),
  )
  return lines.slice(-EVIDENCE)
}

function sentenceOf({ setting }: Pick<QueryPorts, 'setting'>, stack: Stack, s: Service, service: string): string {
  const wished = stack.services[service]!
  const { wish, outcome, why } = wished
  if (isRemoved(wished))
    return outcome === 'ok' ? `${service} was removed with deployment ${wish.deployment}.` : `${service} is being removed.`
  const failed = stack.deployments.findLast(
    record => record.changed.includes(service) && record.cause === 'rollback' && record.why?.startsWith(`${service}: `),
  )
  const runs = `${service} runs revision ${wish.revision}`
  if (wish.cause === 'rollback' && failed)
    return `${runs}: a newer one was tried and given up, since ${failed.why!.slice(service.length + 2)}. Deployment ${failed.number} rolled it back.`
  if (outcome === 'failed')
    return `${service} failed on revision ${wish.revision}: ${why}. It stays so until you deploy a mended version${s.stable === undefined ? '' : ' or roll back'}.`
  if (outcome === undefined)
    return `${service} is moving to revision ${wish.revision} (deployment ${wish.deployment})${wish.paused ? `, paused by ${wish.paused.by} at ${new Date(wish.paused.at).toISOString().slice(0, 19)}Z` : ''}.`
  if (wish.stopped) return `${service} is stopped, as asked for.`
  const { desired, available, live } = serviceView(s, setting.limits)
  const count = live > desired ? `${live} tasks run, ${desired} desired` : `${available} of ${desired} tasks are available`
  return `${runs} as wished by deployment ${wish.deployment}: ${live + desired > 0 ? count : why}.`
}

/** How long what went wrong is told after it was made good. */
const RECENT = 600_000

/** What went wrong last, where fewer are available than are desired or tasks failed of late. */
function troubleSentence({ setting, clock }: Pick<QueryPorts, 'setting' | 'clock'>, s: Service, service: string): readonly string[] {
  const { desired, available } = serviceView(s, setting.limits)
  const isRecent = s.streak > 0 && clock.now() < s.failedAt + RECENT
  if (available >= desired && !isRecent) return []
  const ill = Object.values(s.tasks).filter(task => task.unhealthyAt !== undefined)
  const sick = ill.map(task => ({ at: task.unhealthyAt!, text: `${service}.${task.number} is unhealthy: ${task.illness}` }))
  const dead = s.endedTasks
    .filter(task => task.byItself)
    .map(({ at, number, exit, runtimeId }) => ({
      at,
      text: `${service}.${number} ${runtimeId || exit.code !== undefined ? '' : 'could not start: '}${exit.reason}`,
    }))
  const last = [...dead, ...sick].sort((a, b) => a.at - b.at).at(-1)
  const row = isRecent && s.streak > 1 ? ` (${s.streak} failures in a row)` : ''
  return last ? [`The last trouble, at ${new Date(last.at).toISOString().slice(0, 19)}Z: ${last.text}${row}.`] : []
}

/** Why it is scaled to what it is, and why not to what its metrics ask for. */
function scalingSentence(s: Service): readonly string[] {
  const last = s.scaling?.last
  if (!last || !isScaled(s)) return []
  if (last.wanted === undefined || last.wanted === last.bounded) return [`Scaling: ${last.bounded}, since ${last.why}.`]
  return [`Scaling: ${last.bounded} and not ${last.wanted}, since ${last.why}.`]
}

async function explainTask(ports: QueryPorts, name: string, service: string, s: Service, id: string): Promise<Explanation> {
  const stream = serviceStream(name, service)
  const commits = await ports.log.read(stream, 0, 100_000)
  const nameOf = await taskNames(ports, name, commits)
  const ended = s.endedTasks.findLast(task => task.id === id)
  const task = s.tasks[id]
  const sentence = task ? sentenceOfTask(task, nameOf(id)) : `${nameOf(id)} ${ended!.exit.reason}.`
  const pending = task && !isLeaving(task) ? whyNotReady(task, s.specs[task.revision]) : undefined
  return {
    subject: nameOf(id),
    sentence,
    evidence: evidence(commits, event => mentions(event, id), nameOf),
    waitsFor: pending ? [pending] : [],
  }
}

/** Why it leaves, is replaced, or gets no requests. */
function sentenceOfTask(task: Task, name: string): string {
  const drained = task.illness && task.drain?.why === 'unhealthy' ? `unhealthy: ${task.illness}` : task.drain?.why
  const why = drained ?? task.illness ?? (task.readyAt === undefined ? task.probes?.why : undefined) ?? task.leaving?.why
  return `${name} is ${taskState(task, task.available)}, on revision ${task.revision}${why ? `: ${why}` : ''}.`
}

function mentions(event: AnyEvent, id: string): boolean {
  if ('id' in event) return event.id === id
  if ('ids' in event) return event.ids.includes(id)
  return event.type === 'StartsIntended' && event.tasks.some(task => task.id === id)
}

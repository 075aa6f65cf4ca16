import { createHash } from 'node:crypto'
import { serviceStream, stackStream } from '../domain/commit.ts'
import { dependencyCircle } from '../domain/dependency-circle.ts'
import { CodedError } from '../domain/errors.ts'
import { canonicalJson } from '../domain/hash.ts'
import { referencesIn } from '../domain/secret-text.ts'
import type { SecretVersion } from '../domain/secret-version.ts'
import type { Service } from '../domain/service.ts'
import type { ServiceSpec, StackSpec } from '../domain/spec.ts'
import type { StackEvent } from '../domain/stack.ts'
import { isRemoved, type Stack } from '../domain/stack.ts'
import { type Decision, decideStack } from '../domain/stack-decide.ts'
import { type Appended, onStack } from './append.ts'
import { estimateOf, type StackEstimate } from './estimate.ts'
import { foldService, foldStack } from './folds.ts'
import { type PlannedChange, planDeployment } from './plan-deployment.ts'
import { portClaims, takeClaim } from './port-claims.ts'
import type { LogPorts, Ports } from './ports.ts'
import { toldOf } from './secret-place.ts'

export type DeployPorts = LogPorts &
  Pick<Ports, 'secrets' | 'blobs' | 'images' | 'claims' | 'setting'> & {
    readonly runtime: Pick<Ports['runtime'], 'prepare' | 'notes' | 'estimate'>
    readonly router: Pick<Ports['router'], 'fit' | 'estimate' | 'check'>
  }

/** A stack as its user sent it: values of secrets and contents of configs beside the spec. */
export type Deploy = {
  readonly spec: StackSpec
  readonly secrets: Readonly<Record<string, string>>
  /** By SHA-256 in hex. */
  readonly blobs: Readonly<Record<string, Uint8Array>>
}
export type Asker = { readonly actor: string; readonly commandId: string }

/** L1: accepted whole or not at all. Everything that can be refused is looked at before the one commit. */
export async function deploy(ports: DeployPorts, asked: Deploy, asker: Asker): Promise<Appended<Stack>> {
  refuseCircle(asked.spec)
  await storeBlobs(ports, asked.blobs)
  const secrets = await eachSecret(asked, (name, value) => ports.secrets.put(asked.spec.name, name, value))
  const stream = stackStream(asked.spec.name)
  const command = { id: asker.commandId, body: { type: 'up', spec: asked.spec, secrets } }
  const before = await foldStack(ports, stream)
  const isRepeated = before.answered.some(answered => answered.id === asker.commandId)
  const spec = isRepeated ? asked.spec : await resolved(ports, asked.spec, secrets)
  if (!isRepeated) await admit(ports, spec, before)
  return onStack(ports, stream, stack => decideStack(stack, { type: 'up', spec }), { actor: asker.actor, command })
}

export type DeploymentPlan = {
  readonly stack: string
  readonly deployment: number
  readonly changes: readonly PlannedChange[]
  readonly notes: readonly string[]
  readonly estimate?: StackEstimate
}

/** The same way up to the commit, which is not made. Nothing is stored, claimed or started. */
export async function dryRun(ports: DeployPorts, asked: Deploy): Promise<DeploymentPlan> {
  refuseCircle(asked.spec)
  const secrets = await eachSecret(asked, (name, value) => ports.secrets.preview(asked.spec.name, name, value))
  const spec = await resolved(ports, asked.spec, secrets)
  const stack = await foldStack(ports, stackStream(asked.spec.name))
  refuseUnrouted(ports, spec)
  await checkPorts(ports, spec, stack)
  const plan = await planOf(ports, asked.spec.name, stack, decideStack(stack, { type: 'up', spec }))
  const changed = plan.changes.map(change => change.service)
  const notes = changed.flatMap(name => (spec.services[name] ? notesOn(ports, spec.services[name]) : []).map(note => `${name}: ${note}`))
  const estimate = estimateOf(ports, asked.spec.name, spec)
  return { ...plan, notes: [...plan.notes, ...notes], ...(estimate && { estimate }) }
}

/** What a decision on a stack would do to its services. @throws CodedError the decision's refusal */
export async function planOf(
  ports: Pick<DeployPorts, 'log' | 'snapshots' | 'folds' | 'setting'>,
  name: string,
  stack: Stack,
  decision: Decision<StackEvent>,
): Promise<DeploymentPlan> {
  if ('refusal' in decision) throw new CodedError(decision.refusal.code as 'LS-NOT-FOUND', decision.refusal.message)
  const names = new Set([
    ...Object.keys(stack.services),
    ...decision.events.flatMap(event => (event.type === 'WishesChanged' ? Object.keys(event.wishes) : [])),
  ])
  const services: Record<string, Service> = {}
  for (const service of names) services[service] = await foldService(ports, serviceStream(name, service))
  const changes = planDeployment(stack, decision.events, services, ports.setting.limits)
  return { stack: name, deployment: stack.lastDeployment + 1, changes, notes: [] }
}

async function storeBlobs(ports: Pick<DeployPorts, 'blobs'>, blobs: Deploy['blobs']): Promise<void> {
  for (const [hash, content] of Object.entries(blobs)) {
    if (createHash('sha256').update(content).digest('hex') !== hash)
      throw new CodedError('LS-REQUEST-INVALID', `blob ${hash} has another hash`)
    await ports.blobs.put(content)
  }
}

async function eachSecret(
  asked: Deploy,
  run: (name: string, value: string) => Promise<SecretVersion>,
): Promise<Readonly<Record<string, SecretVersion>>> {
  const versions: Record<string, SecretVersion> = {}
  for (const [name, value] of Object.entries(asked.secrets))
    versions[name] = await run(name, value).catch(error => Promise.reject(toldOf(asked.spec, name, error)))
  return versions
}

/** Each would wait for the other for ever. */
function refuseCircle({ services }: StackSpec): void {
  const circle = dependencyCircle(new Map(Object.entries(services).map(([name, { spec }]) => [name, Object.keys(spec.dependsOn)])))
  if (circle) throw new CodedError('LS-COMPOSE-CYCLE', `services depend on each other in a circle: ${circle.join(' → ')}`)
}

/** The spec with exact versions: of every image (section 6), and of every secret that it refers to. */
async function resolved(
  ports: Pick<DeployPorts, 'images'>,
  spec: StackSpec,
  secrets: Readonly<Record<string, SecretVersion>>,
): Promise<StackSpec> {
  const services: Record<string, StackSpec['services'][string]> = {}
  for (const [name, wanted] of Object.entries(spec.services)) {
    const image = wanted.spec.image
    const digest = wanted.spec.digest ?? (image === undefined ? undefined : await ports.images.resolve(image, wanted.spec))
    services[name] = { ...wanted, spec: { ...wanted.spec, digest, secrets: secretsOf(name, wanted.spec, secrets) } }
  }
  return { ...spec, services }
}

function secretsOf(service: string, spec: ServiceSpec, secrets: Readonly<Record<string, SecretVersion>>): ServiceSpec['secrets'] {
  const names = new Set([...referencesIn(canonicalJson(spec)), ...spec.files.flatMap(file => file.secret ?? [])])
  return Object.fromEntries(
    [...names].sort().map(name => {
      const version = secrets[name]
      if (!version) throw new CodedError('LS-REQUEST-INVALID', `${service} refers to the secret ${name}, and no value was sent`)
      return [name, version]
    }),
  )
}

/** Limits of the log's items (L3), whether the runtime can run it at all, and the ports that it publishes. */
async function admit(ports: DeployPorts, spec: StackSpec, stack: Stack): Promise<void> {
  const size = Buffer.byteLength(JSON.stringify(spec))
  if (size > MOST_BYTES)
    throw new CodedError('LS-SPEC-LIMIT', `the stack's spec has ${size} bytes, more than the ${MOST_BYTES} of one commit`)
  for (const [service, wanted] of Object.entries(spec.services)) {
    const answer = await ports.runtime.prepare(wanted.spec)
    if (answer && 'refused' in answer) throw unsupported(service, answer)
  }
  refuseUnrouted(ports, spec)
  await checkPorts(ports, spec, stack)
  await claimPorts(ports, spec)
}
/** The client, who has the file, finds the line by the path. */
const unsupported = (service: string, { refused, key }: { readonly refused: string; readonly key?: string }) =>
  new CodedError('LS-RUNTIME-UNSUPPORTED', `${service}: ${refused}`, {
    place: key === undefined ? undefined : { file: '', line: 0, column: 0, path: `services.${service}.${key}` },
  })
/** Twice the tasks: a start-first update may have as many new ones beside the old. */
const fitOf = ({ router }: Pick<DeployPorts, 'router'>, { spec, replicas = 1 }: StackSpec['services'][string]) =>
  router.fit?.(spec, 2 * (spec.scale?.max ?? replicas))

function refuseUnrouted(ports: Pick<DeployPorts, 'router'>, spec: StackSpec): void {
  for (const [service, wanted] of Object.entries(spec.services)) {
    const [first] = fitOf(ports, wanted)?.refusals ?? []
    if (first) throw unsupported(service, { refused: first.why, key: first.key })
  }
}

const notesOn = (ports: Pick<DeployPorts, 'runtime' | 'router'>, wanted: StackSpec['services'][string]): readonly string[] => [
  ...(ports.runtime.notes?.(wanted.spec) ?? []),
  ...(fitOf(ports, wanted)?.notes ?? []).map(({ why }) => why),
]

const MOST_BYTES = 350_000

const publishedBy = (spec: StackSpec) =>
  Object.values(spec.services).flatMap(wanted => wanted.spec.ports.filter(port => port.published !== undefined))

async function checkPorts(ports: DeployPorts, spec: StackSpec, stack: Stack): Promise<void> {
  const open = new Set(
    Object.values(stack.services).flatMap(service => (isRemoved(service) && service.outcome === 'ok' ? [] : portsEver(service))),
  )
  const fresh = publishedBy(spec).filter(port => !open.has(`${port.published}/${port.protocol}`))
  const [problem] = await ports.router.check(
    spec.name,
    fresh.map(({ published, hostIp, protocol, layer }) => ({ published: published!, hostIp, protocol, layer })),
  )
  if (problem) throw portTaken(problem.published, problem.why)
}
const portsEver = (service: Stack['services'][string]) =>
  Object.values(service.revisions).flatMap(revision => revision.spec.ports.map(port => `${port.published}/${port.protocol}`))

/** L10: taken before the commit that names it; freed when the stack is gone, when another one asks for what it gave up, or by the audit. */
async function claimPorts(ports: DeployPorts, spec: StackSpec): Promise<void> {
  const owner = stackStream(spec.name)
  for (const name of portClaims(publishedBy(spec))) {
    const claim = await takeClaim(ports, name, owner)
    if (!claim.taken) throw portTaken(Number(name.split('/')[1]), `stack ${claim.owner.split('/')[1]} publishes it`)
  }
}

const portTaken = (port: number, why: string) =>
  new CodedError('LS-PORT-TAKEN', `port ${port}: ${why}`, { hint: 'Publish another port, or stop what uses this one.' })

import type Dockerode from 'dockerode'
import type { Fact, StartRefusal } from '../../domain/fact.ts'
import type { Blobs } from '../../ports/blobs.ts'
import { OutcomeUnknown, type StartRequest } from '../../ports/runtime.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { containerOptions, imageOf, type Joined } from './container-options.ts'
import { ifThere, messageOf, refusalOf, statusOf } from './engine-errors.ts'
import type { KnownTasks } from './known-tasks.ts'
import { isOf } from './labels.ts'
import { foldersToOpen, putFiles } from './mounted-files.ts'
import { ensureVolumes, NotThere } from './mounts.ts'
import type { Networks } from './networks.ts'
import { SecretMissing, type SecretValues, secretValues } from './secret-values.ts'

export type StartTools = {
  readonly docker: Dockerode
  readonly networks: Networks
  readonly known: KnownTasks
  readonly secrets: Pick<Secrets, 'get'>
  readonly blobs: Pick<Blobs, 'get'>
  readonly apiVersion: () => Promise<string>
}

/** A container may be taken away between two calls by another run; more often than this something is wrong. */
const ROUNDS = 4

/**
 * E3: makes and starts, for nearly always nobody did before; the engine refuses a second container of the name. Then, and when the start is
 * refused, looks, and makes and starts again what only another run made. The caller serialises calls of one id.
 * @throws OutcomeUnknown
 */
export async function startTask(tools: StartTools, request: StartRequest): Promise<Fact> {
  const first = await makeAndStart(tools, request)
  if (first && first.state !== 'refused') return first
  for (let round = 0; round < ROUNDS; round++) {
    const found = await ifThere(tools.docker.getContainer(request.id).inspect())
    if (found && !isOf(request.installation, found.Config.Labels)) return refused(request, foreign(request))
    if (found && found.State.Status !== 'created') return tools.known.read(found)
    // Created and not started: a start of it may still be under way, and must find nothing once this one is made.
    if (found && !(await removeCreated(tools.docker.getContainer(found.Id)))) continue
    if (!found && first && round === 0) return first // refused, and not because it was there already
    const fact = await makeAndStart(tools, request)
    if (fact) return fact
  }
  throw new OutcomeUnknown(`${request.id} is made and removed by somebody else`)
}

const foreign = ({ id }: StartRequest): StartRefusal => ({
  kind: 'revision',
  code: 'LS-TASK-REFUSED',
  message: `a container named ${id} is not ours`,
})

/** `seen` 0: newer than the intent, older than everything that was ever started. */
const refused = (request: StartRequest, refusal: StartRefusal): Fact => ({
  id: request.id,
  state: 'refused',
  seen: 0,
  runtime: 'docker',
  refusal,
})

/** Whether it is gone. Not forced: a container that was started meanwhile stays (409). */
export async function removeCreated(container: Dockerode.Container): Promise<boolean> {
  try {
    await container.remove({ v: true })
    return true
  } catch (error) {
    if (statusOf(error) === 409) return false
    if (statusOf(error) === 404) return true
    throw error
  }
}

async function makeAndStart(tools: StartTools, request: StartRequest): Promise<Fact | undefined> {
  let values: SecretValues | undefined
  let container: Dockerode.Container | undefined
  try {
    values = await secretValues(tools.secrets, request.stack, request.spec)
    container = await create(tools, request, values)
    if (!container) return undefined
    await furnish(tools, request, container, values)
  } catch (error) {
    // Half a container must never be started: a later round makes it anew.
    if (container) await removeCreated(container).catch(() => undefined)
    return refuseOrThrow(tools, request, error, values?.redact)
  }
  return startContainer(tools, request, container, values.redact)
}

/** Undefined: the name was taken meanwhile. */
async function create(tools: StartTools, request: StartRequest, values: SecretValues): Promise<Dockerode.Container | undefined> {
  const { spec, stack, installation } = request
  if (!imageOf(spec)) throw new NotThere('the service names no image')
  await ensureVolumes(tools.docker, installation, stack, spec)
  const options = containerOptions(request, {
    networks: await joined(tools, request),
    apiVersion: await tools.apiVersion(),
    writable: foldersToOpen(spec),
    reveal: values.reveal,
  })
  try {
    return await tools.docker.createContainer(options)
  } catch (error) {
    if (statusOf(error) === 409 && /name .* is already in use/i.test(messageOf(error))) return undefined
    throw error
  }
}

async function joined(tools: StartTools, { stack, service, spec }: StartRequest): Promise<readonly Joined[]> {
  const networks: Joined[] = []
  for (const network of spec.networks) {
    networks.push({ id: await tools.networks.ensure(stack, network), aliases: [...new Set([service, ...network.aliases])] })
  }
  return networks
}

/** The second and later networks, and the files. */
async function furnish(tools: StartTools, request: StartRequest, container: Dockerode.Container, values: SecretValues): Promise<void> {
  for (const network of (await joined(tools, request)).slice(1)) {
    await tools.docker.getNetwork(network.id).connect({ Container: container.id, EndpointConfig: { Aliases: [...network.aliases] } })
  }
  if (request.spec.files.length) await putFiles(container, request.spec, tools.blobs, values)
}

/** By the engine's own id, never by the name: a late call cannot hit another container (E3). */
async function startContainer(
  tools: StartTools,
  request: StartRequest,
  container: Dockerode.Container,
  redact: (text: string) => string,
): Promise<Fact | undefined> {
  try {
    await container.start()
  } catch (error) {
    if (statusOf(error) === 404 && /no such container/i.test(messageOf(error))) return undefined
    if (statusOf(error) !== undefined && !(await removeCreated(container).catch(() => true))) return undefined
    return refuseOrThrow(tools, request, error, redact)
  }
  const inspected = await ifThere(container.inspect())
  return inspected && tools.known.read(inspected)
}

function refuseOrThrow(
  tools: StartTools,
  request: StartRequest,
  error: unknown,
  redact: (text: string) => string = text => text,
): Fact | undefined {
  if (error instanceof NotThere || error instanceof SecretMissing) {
    return refused(request, { kind: 'revision', code: 'LS-TASK-REFUSED', message: error.message })
  }
  if (/network .* not found/i.test(messageOf(error))) {
    tools.networks.forget()
    return undefined
  }
  const refusal = refusalOf(error)
  if (refusal) return refused(request, { ...refusal, message: redact(refusal.message) })
  throw new OutcomeUnknown(redact(`${request.id}: ${messageOf(error)}`))
}

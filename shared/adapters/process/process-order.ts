import { join, resolve } from 'node:path'
import type { Address } from '../../domain/fact.ts'
import { referencesIn, reveal } from '../../domain/secret-text.ts'
import type { MountedFile, ServiceSpec } from '../../domain/spec.ts'
import type { Blobs } from '../../ports/blobs.ts'
import type { StartRequest } from '../../ports/runtime.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { OrderedFile, SupervisorOrder, WantedPort } from './supervisor-order.ts'
import { FILES, tasksFolder } from './task-folder.ts'

export type OrderSources = {
  readonly folder: string
  readonly secrets: Pick<Secrets, 'get'>
  readonly blobs: Pick<Blobs, 'get'>
  /** Where a process finds a peer's port: the router, on loopback. */
  readonly peerAddress: (stack: string, service: string, port: number) => Address | Promise<Address>
}

/** What a program needs of its surroundings. Everything else of the host's environment stays with the host: it may hold credentials. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

const SECRET_MODE = 0o600
const CONFIG_MODE = 0o644

/** Of a service's or file's name, as a variable's: `db-1` → DB_1. */
export const variableName = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '_')

/** Each target once, in the file's order: what is published before what is only exposed. */
export function wantedPorts(spec: Pick<ServiceSpec, 'ports' | 'expose'>): readonly WantedPort[] {
  const byTarget = new Map<number, Set<'tcp' | 'udp'>>()
  for (const { target, protocol } of [...spec.ports, ...spec.expose])
    byTarget.set(target, (byTarget.get(target) ?? new Set()).add(protocol))
  return [...byTarget].map(([target, protocols]) => ({ target, protocols: [...protocols].sort() }))
}

/**
 * Everything that a supervisor needs for one start. What is set later wins: the host's few, the spec's environment, where its peers are,
 * the environment of `x-longshore.process`, and what Longshore tells every task.
 * @throws RangeError naming the secret or config that is gone
 */
export async function orderOf(request: StartRequest, sources: OrderSources): Promise<SupervisorOrder> {
  const { spec, stack, service, number, id, installation, stream, intent, revision } = request
  const folder = join(tasksFolder(sources.folder), id)
  const plan = spec.process!
  const told = { ...spec.environment, ...(await peersOf(request, sources)), ...plan.environment }
  const test = spec.healthcheck?.test ?? []
  const values = await revealedOf(request, sources, [...Object.values(told), ...plan.command, ...test])
  const shown = (text: string): string => reveal(text, values)
  const files = await Promise.all(spec.files.map(file => orderedFile(file, request, sources)))
  return {
    folder,
    labels: { installation, stream, intent, id, stack, service, number, revision },
    command: plan.command.map(shown),
    cwd: plan.cwd === undefined ? undefined : resolve(plan.cwd),
    environment: {
      ...inherited(),
      ...Object.fromEntries(Object.entries(told).map(([key, text]) => [key, shown(text)])),
      ...Object.fromEntries(files.map(file => [`LONGSHORE_FILE_${variableName(file.name)}`, join(folder, FILES, file.name)])),
      HOST: '127.0.0.1',
      LONGSHORE_TASK: `${service}.${number}`,
      LONGSHORE_TASK_ID: id,
      LONGSHORE_SERVICE: service,
      LONGSHORE_STACK: stack,
    },
    files,
    ports: wantedPorts(spec),
    healthcheck: spec.healthcheck && { ...spec.healthcheck, test: test.map(shown) },
    stopSignal: spec.stopSignal ?? 'SIGTERM',
    graceMs: spec.stopGracePeriod,
  }
}

function inherited(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const key of INHERITED) if (process.env[key] !== undefined) found[key] = process.env[key]
  return found
}

async function peersOf({ stack, spec }: StartRequest, { peerAddress }: OrderSources): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [peer, port] of Object.entries(spec.process!.peers ?? {})) {
    const address = await peerAddress(stack, peer, port)
    found[`${variableName(peer)}_HOST`] = address.host
    found[`${variableName(peer)}_PORT`] = String(address.port)
  }
  return found
}

async function revealedOf(request: StartRequest, sources: OrderSources, texts: readonly string[]): Promise<Record<string, string>> {
  const names = [...new Set(texts.flatMap(referencesIn))]
  return Object.fromEntries(await Promise.all(names.map(async name => [name, await secretOf(name, request, sources)] as const)))
}

async function secretOf(name: string, { stack, spec }: StartRequest, { secrets }: OrderSources): Promise<string> {
  const version = spec.secrets[name]?.version
  const value = version === undefined ? undefined : await secrets.get(stack, name, version)
  if (value === undefined) throw new RangeError(`secret ${name} is gone${version === undefined ? '' : ` (version ${version})`}`)
  return value
}

async function orderedFile(file: MountedFile, request: StartRequest, sources: OrderSources): Promise<OrderedFile> {
  const mode = file.mode ?? (file.kind === 'secret' ? SECRET_MODE : CONFIG_MODE)
  const name = file.name.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_')
  if (file.secret !== undefined)
    return { name, mode, base64: Buffer.from(await secretOf(file.secret, request, sources)).toString('base64') }
  const bytes = file.content === undefined ? undefined : await sources.blobs.get(file.content)
  if (!bytes) throw new RangeError(`the content of ${file.kind} ${file.name} is gone`)
  return { name, mode, base64: Buffer.from(bytes).toString('base64') }
}

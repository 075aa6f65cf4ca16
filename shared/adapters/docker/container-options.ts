import type { ContainerCreateOptions, HealthConfig, HostConfig } from 'dockerode'
import { isRunByExec } from '../../domain/health-check.ts'
import type { HealthCheck, ServiceSpec } from '../../domain/spec.ts'
import type { StartRequest } from '../../ports/runtime.ts'
import { labelsOf } from './labels.ts'
import { bindsOf, mountsOf } from './mounts.ts'

/** A network of the engine by its id, with the names under which the task is found in it. */
export type Joined = { readonly id: string; readonly aliases: readonly string[] }

export type Surroundings = {
  /** The first is joined at create, since engines before 25 take only one there. */
  readonly networks: readonly Joined[]
  /** The engine's API, `1.41`. */
  readonly apiVersion: string
  /** Folders that need an anonymous volume, because files are put into a read-only root. */
  readonly writable: readonly string[]
  readonly reveal: (text: string) => string
}

/** Stops a runaway log from filling the disk, and keeps more than anybody reads. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }

export const isAtLeast = (version: string, wanted: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

/** The image exactly as it was resolved before the commit, so that a tag that moved changes nothing. */
export const imageOf = (spec: ServiceSpec): string | undefined => spec.digest ?? spec.image

/** Pure: the create call of a request. The same request gives the same container, whoever makes it (E1). */
export function containerOptions(request: StartRequest, around: Surroundings): ContainerCreateOptions {
  const { spec } = request
  const [first] = around.networks
  return {
    name: request.id,
    Image: imageOf(spec) ?? '',
    Cmd: spec.command?.map(around.reveal),
    Entrypoint: spec.entrypoint?.map(around.reveal),
    Env: environmentOf(request, around.reveal),
    Labels: labelsOf(request, revealed(spec.labels, around.reveal)),
    Hostname: spec.hostname,
    User: spec.user,
    WorkingDir: spec.workingDir,
    Tty: spec.tty,
    StopSignal: spec.stopSignal,
    Healthcheck: spec.healthcheck && (isRunByExec(spec.healthcheck) ? { Test: ['NONE'] } : healthConfig(spec.healthcheck, around)),
    ExposedPorts: Object.fromEntries(portsOf(spec).map(port => [port, {}])),
    HostConfig: hostConfig(spec, around),
    NetworkingConfig: first && { EndpointsConfig: { [first.id]: { Aliases: [...first.aliases] } } },
  }
}

const revealed = (texts: Readonly<Record<string, string>>, reveal: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, reveal(text)]))

function environmentOf(request: StartRequest, reveal: (text: string) => string): string[] {
  const identity = {
    LONGSHORE_TASK: `${request.service}.${request.number}`,
    LONGSHORE_TASK_ID: request.id,
    LONGSHORE_SERVICE: request.service,
    LONGSHORE_STACK: request.stack,
  }
  return Object.entries({ ...revealed(request.spec.environment, reveal), ...identity }).map(([key, value]) => `${key}=${value}`)
}

const portsOf = (spec: ServiceSpec): readonly string[] => [
  ...new Set([...spec.ports, ...spec.expose].map(port => `${port.target}/${port.protocol}`)),
]

const NANOS_PER_MS = 1_000_000

function healthConfig(check: HealthCheck, { reveal, apiVersion }: Surroundings): HealthConfig & { StartInterval?: number } {
  return {
    Test: check.test.map(reveal),
    Interval: check.interval * NANOS_PER_MS,
    Timeout: check.timeout * NANOS_PER_MS,
    Retries: check.retries,
    StartPeriod: check.startPeriod * NANOS_PER_MS,
    // Unknown to engines before 25.
    ...(check.startInterval && isAtLeast(apiVersion, '1.44') ? { StartInterval: check.startInterval * NANOS_PER_MS } : {}),
  }
}

function hostConfig(spec: ServiceSpec, around: Surroundings): HostConfig {
  const { resources } = spec
  return {
    // M6: what ended stays until its exit fact and its logs are kept; replacing is ours.
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    LogConfig: LOG_CONFIG,
    // M2: Docker Desktop hides the containers' addresses; an empty port lets the engine choose.
    PortBindings: Object.fromEntries(portsOf(spec).map(port => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
    NetworkMode: around.networks[0]?.id ?? 'bridge',
    Binds: bindsOf(spec.volumes),
    Mounts: [...mountsOf(spec.volumes), ...around.writable.map(Target => ({ Type: 'volume' as const, Source: '', Target }))],
    NanoCpus: resources.cpus === undefined ? undefined : Math.round(resources.cpus * 1e9),
    Memory: resources.memory,
    MemoryReservation: resources.memoryReservation,
    PidsLimit: resources.pids,
    Init: spec.init,
    ReadonlyRootfs: spec.readOnly,
    CapAdd: spec.capAdd,
    CapDrop: spec.capDrop,
    Privileged: spec.privileged,
  }
}

import * as z from 'zod'
import { ServiceName, StackName } from './names.ts'
import { Probes } from './probe.ts'
import { ScalePolicy } from './scale-policy.ts'
import { scaleProblems } from './scale-problems.ts'

/**
 * What every input (Compose file, API, later manifests) translates to. A service's spec is self-contained: a task can be started from it
 * and nothing else. Durations are milliseconds, memory is bytes, CPUs are fractions of one core.
 *
 * Text fields may hold secret references (secret-text.ts); the values never stand here (invariant 9).
 */

const Text = z.string()
const Milliseconds = z.number().int().nonnegative()
const Port = z.number().int().min(1).max(65_535)

/** `layer`: CORE-RULES M2. `published` is absent where the file leaves the choice of the host's port to us. */
export const PublishedPort = z.strictObject({
  published: Port.optional(),
  target: Port,
  protocol: z.enum(['tcp', 'udp']),
  layer: z.enum(['http', 'tcp']),
  hostIp: z.string().optional(),
})

/** Compose's healthcheck; `test` begins with CMD, CMD-SHELL or NONE. */
export const HealthCheck = z.strictObject({
  test: z.array(Text).min(1),
  interval: Milliseconds,
  timeout: Milliseconds,
  retries: z.number().int().min(1),
  startPeriod: Milliseconds,
  startInterval: Milliseconds.optional(),
})

const CountOrPercent = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,3}%$/)])

/** Compose's update_config. Absent fields take the defaults of policy.ts. */
export const UpdateConfig = z.strictObject({
  order: z.enum(['start-first', 'stop-first']).optional(),
  parallelism: z.number().int().nonnegative().optional(),
  delay: Milliseconds.optional(),
  failureAction: z.enum(['rollback', 'pause', 'continue']).optional(),
  monitor: Milliseconds.optional(),
  maxFailureRatio: z.number().min(0).max(1).optional(),
  maxSurge: CountOrPercent.optional(),
  maxUnavailable: CountOrPercent.optional(),
})

export const RestartPolicy = z.strictObject({
  condition: z.enum(['any', 'on-failure', 'none']),
  delay: Milliseconds.optional(),
  maxAttempts: z.number().int().nonnegative().optional(),
  window: Milliseconds.optional(),
})

export const Mount = z.strictObject({
  type: z.enum(['volume', 'bind', 'tmpfs']),
  /** Engine name of the volume, or an absolute path on the host; absent for tmpfs and anonymous volumes. */
  source: z.string().optional(),
  target: z.string(),
  readOnly: z.boolean(),
  sizeBytes: z.number().int().positive().optional(),
  /** `x-longshore.volumes.<name>.shared`: several revisions may write at once (E8). */
  shared: z.boolean().optional(),
  /** The volume exists outside the stack, and is neither made nor removed by it. */
  external: z.boolean().optional(),
})

/** A network by its engine name; `internal` has no way out. */
export const Network = z.strictObject({
  name: z.string(),
  aliases: z.array(z.string()),
  external: z.boolean().optional(),
  internal: z.boolean().optional(),
})

/** A config or secret mounted as a file. `content` names a blob by its hash, or `secret` a stored secret. */
export const MountedFile = z.strictObject({
  kind: z.enum(['config', 'secret']),
  name: z.string(),
  target: z.string(),
  content: z.string().optional(),
  secret: z.string().optional(),
  uid: z.string().optional(),
  gid: z.string().optional(),
  mode: z.number().int().optional(),
})

export const DependencyCondition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully'])

/** M5: how the service runs where no engine is. `peers`: the port on which each named service is found (PEER_HOST, PEER_PORT). */
export const ProcessSpec = z.strictObject({
  command: z.array(Text).min(1),
  cwd: z.string().optional(),
  environment: z.record(z.string(), Text).optional(),
  peers: z.record(z.string(), Port).optional(),
})

export const Resources = z.strictObject({
  cpus: z.number().positive().optional(),
  memory: z.number().int().positive().optional(),
  memoryReservation: z.number().int().positive().optional(),
  pids: z.number().int().optional(),
})

/** A secret as the log knows it: which version, and a keyed hash that tells equal values apart from changed ones (M3). */
export const SecretRef = z.strictObject({ version: z.number().int().positive(), hash: z.string() })

export const ServiceSpec = z.strictObject({
  image: z.string().optional(),
  /** What `image` was resolved to, once, before the commit: a registry digest or the engine's own image id. */
  digest: z.string().optional(),
  entrypoint: z.array(Text).optional(),
  command: z.array(Text).optional(),
  environment: z.record(z.string(), Text),
  user: z.string().optional(),
  workingDir: z.string().optional(),
  hostname: z.string().optional(),
  ports: z.array(PublishedPort),
  expose: z.array(z.strictObject({ target: Port, protocol: z.enum(['tcp', 'udp']) })),
  healthcheck: HealthCheck.optional(),
  probes: Probes.optional(),
  update: UpdateConfig,
  rollback: UpdateConfig,
  restart: RestartPolicy,
  resources: Resources,
  volumes: z.array(Mount),
  networks: z.array(Network),
  files: z.array(MountedFile),
  labels: z.record(z.string(), Text),
  dependsOn: z.record(z.string(), z.strictObject({ condition: DependencyCondition, restart: z.boolean(), required: z.boolean() })),
  stopSignal: z.string().optional(),
  stopGracePeriod: Milliseconds,
  init: z.boolean().optional(),
  tty: z.boolean().optional(),
  readOnly: z.boolean().optional(),
  capAdd: z.array(z.string()).optional(),
  capDrop: z.array(z.string()).optional(),
  privileged: z.boolean().optional(),
  process: ProcessSpec.optional(),
  scale: ScalePolicy.optional(),
  /** On AWS its tasks are started so that programs can be run inside of them; elsewhere they always can. */
  exec: z.boolean().optional(),
  /** The secrets that text fields and files refer to, by name. */
  secrets: z.record(z.string(), SecretRef),
})

/** `replicas` stands beside the spec: a deploy and a scale are separate intents (invariant 10). Absent: the file says nothing. */
export const WantedService = z
  .strictObject({ spec: ServiceSpec, replicas: z.number().int().nonnegative().max(10_000).optional() })
  .superRefine(({ spec }, context) => {
    for (const { path, message } of spec.scale ? scaleProblems(spec.scale, spec) : [])
      context.addIssue({ code: 'custom', path: ['spec', 'scale', ...path], message })
  })

export const StackSpec = z
  .strictObject({ name: StackName, services: z.record(ServiceName, WantedService) })
  .superRefine(({ services }, context) => {
    const published: { readonly service: string; readonly port: PublishedPort }[] = []
    for (const [service, { spec }] of Object.entries(services))
      for (const [index, port] of spec.ports.entries()) {
        const other = published.find(before => before.service !== service && isSamePlace(before.port, port))
        const message = `the host's port ${port.published} is published by ${other?.service} already`
        if (other) context.addIssue({ code: 'custom', path: ['services', service, 'spec', 'ports', index], message })
        if (port.published !== undefined) published.push({ service, port })
      }
  })

/** No address is the host's choice, which may be any. */
const isSamePlace = (a: PublishedPort, b: PublishedPort): boolean =>
  a.published === b.published && a.protocol === b.protocol && (!a.hostIp || !b.hostIp || a.hostIp === b.hostIp)

export type PublishedPort = z.infer<typeof PublishedPort>
export type HealthCheck = z.infer<typeof HealthCheck>
export type UpdateConfig = z.infer<typeof UpdateConfig>
export type RestartPolicy = z.infer<typeof RestartPolicy>
export type Mount = z.infer<typeof Mount>
export type Network = z.infer<typeof Network>
export type MountedFile = z.infer<typeof MountedFile>
export type ProcessSpec = z.infer<typeof ProcessSpec>
export type Resources = z.infer<typeof Resources>
export type ServiceSpec = z.infer<typeof ServiceSpec>
export type WantedService = z.infer<typeof WantedService>
export type StackSpec = z.infer<typeof StackSpec>

/** The smallest spec that validates; tests and translators start from it. */
export const emptySpec: ServiceSpec = {
  environment: {},
  ports: [],
  expose: [],
  update: {},
  rollback: {},
  restart: { condition: 'any' },
  resources: {},
  volumes: [],
  networks: [],
  files: [],
  labels: {},
  dependsOn: {},
  stopGracePeriod: 10_000,
  secrets: {},
}

import * as z from 'zod/mini'
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
const Milliseconds = z.int().check(z.nonnegative())
const Port = z.int().check(z.minimum(1), z.maximum(65_535))

/** `layer`: CORE-RULES M2. `published` is absent where the file leaves the choice of the host's port to us. */
export const PublishedPort = z.strictObject({
  published: z.optional(Port),
  target: Port,
  protocol: z.enum(['tcp', 'udp']),
  layer: z.enum(['http', 'tcp']),
  hostIp: z.optional(z.string()),
})

/** Compose's healthcheck; `test` begins with CMD, CMD-SHELL or NONE. */
export const HealthCheck = z.strictObject({
  test: z.array(Text).check(z.minLength(1)),
  interval: Milliseconds,
  timeout: Milliseconds,
  retries: z.int().check(z.minimum(1)),
  startPeriod: Milliseconds,
  startInterval: z.optional(Milliseconds),
})

const CountOrPercent = z.union([z.int().check(z.nonnegative()), z.string().check(z.regex(/^\d{1,3}%$/))])

/** Compose's update_config. Absent fields take the defaults of policy.ts. */
export const UpdateConfig = z.strictObject({
  order: z.optional(z.enum(['start-first', 'stop-first'])),
  parallelism: z.optional(z.int().check(z.nonnegative())),
  delay: z.optional(Milliseconds),
  failureAction: z.optional(z.enum(['rollback', 'pause', 'continue'])),
  monitor: z.optional(Milliseconds),
  maxFailureRatio: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  maxSurge: z.optional(CountOrPercent),
  maxUnavailable: z.optional(CountOrPercent),
})

export const RestartPolicy = z.strictObject({
  condition: z.enum(['any', 'on-failure', 'none']),
  delay: z.optional(Milliseconds),
  maxAttempts: z.optional(z.int().check(z.nonnegative())),
  window: z.optional(Milliseconds),
})

export const Mount = z.strictObject({
  type: z.enum(['volume', 'bind', 'tmpfs']),
  /** Engine name of the volume, or an absolute path on the host; absent for tmpfs and anonymous volumes. */
  source: z.optional(z.string()),
  target: z.string(),
  readOnly: z.boolean(),
  sizeBytes: z.optional(z.int().check(z.positive())),
  /** `x-longshore.volumes.<name>.shared`: several revisions may write at once (E8). */
  shared: z.optional(z.boolean()),
  /** The volume exists outside the stack, and is neither made nor removed by it. */
  external: z.optional(z.boolean()),
})

/** A network by its engine name; `internal` has no way out. */
export const Network = z.strictObject({
  name: z.string(),
  aliases: z.array(z.string()),
  external: z.optional(z.boolean()),
  internal: z.optional(z.boolean()),
})

/** A config or secret mounted as a file. `content` names a blob by its hash, or `secret` a stored secret. */
export const MountedFile = z.strictObject({
  kind: z.enum(['config', 'secret']),
  name: z.string(),
  target: z.string(),
  content: z.optional(z.string()),
  secret: z.optional(z.string()),
  uid: z.optional(z.string()),
  gid: z.optional(z.string()),
  mode: z.optional(z.int()),
})

export const DependencyCondition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully'])

/** M5: how the service runs where no engine is. `peers`: the port on which each named service is found (PEER_HOST, PEER_PORT). */
export const ProcessSpec = z.strictObject({
  command: z.array(Text).check(z.minLength(1)),
  cwd: z.optional(z.string()),
  environment: z.optional(z.record(z.string(), Text)),
  peers: z.optional(z.record(z.string(), Port)),
})

export const Resources = z.strictObject({
  cpus: z.optional(z.number().check(z.positive())),
  memory: z.optional(z.int().check(z.positive())),
  memoryReservation: z.optional(z.int().check(z.positive())),
  pids: z.optional(z.int()),
})

/** A secret as the log knows it: which version, and a keyed hash that tells equal values apart from changed ones (M3). */
export const SecretRef = z.strictObject({ version: z.int().check(z.positive()), hash: z.string() })

export const ServiceSpec = z.strictObject({
  image: z.optional(z.string()),
  /** What `image` was resolved to, once, before the commit: a registry digest or the engine's own image id. */
  digest: z.optional(z.string()),
  entrypoint: z.optional(z.array(Text)),
  command: z.optional(z.array(Text)),
  environment: z.record(z.string(), Text),
  user: z.optional(z.string()),
  workingDir: z.optional(z.string()),
  hostname: z.optional(z.string()),
  ports: z.array(PublishedPort),
  expose: z.array(z.strictObject({ target: Port, protocol: z.enum(['tcp', 'udp']) })),
  healthcheck: z.optional(HealthCheck),
  probes: z.optional(Probes),
  update: UpdateConfig,
  rollback: UpdateConfig,
  restart: RestartPolicy,
  resources: Resources,
  volumes: z.array(Mount),
  networks: z.array(Network),
  files: z.array(MountedFile),
  labels: z.record(z.string(), Text),
  dependsOn: z.record(z.string(), z.strictObject({ condition: DependencyCondition, restart: z.boolean(), required: z.boolean() })),
  stopSignal: z.optional(z.string()),
  stopGracePeriod: Milliseconds,
  init: z.optional(z.boolean()),
  tty: z.optional(z.boolean()),
  readOnly: z.optional(z.boolean()),
  capAdd: z.optional(z.array(z.string())),
  capDrop: z.optional(z.array(z.string())),
  privileged: z.optional(z.boolean()),
  process: z.optional(ProcessSpec),
  scale: z.optional(ScalePolicy),
  /** On AWS its tasks are started so that programs can be run inside of them; elsewhere they always can. */
  exec: z.optional(z.boolean()),
  /** The secrets that text fields and files refer to, by name. */
  secrets: z.record(z.string(), SecretRef),
})

/** `replicas` stands beside the spec: a deploy and a scale are separate intents (invariant 10). Absent: the file says nothing. */
export const WantedService = z
  .strictObject({ spec: ServiceSpec, replicas: z.optional(z.int().check(z.nonnegative(), z.maximum(10_000))) })
  .check(
    z.superRefine(({ spec }, context) => {
      for (const { path, message } of spec.scale ? scaleProblems(spec.scale, spec) : [])
        context.addIssue({ code: 'custom', path: ['spec', 'scale', ...path], message })
    }),
  )

export const StackSpec = z.strictObject({ name: StackName, services: z.record(ServiceName, WantedService) }).check(
  z.superRefine(({ services }, context) => {
    const published: { readonly service: string; readonly port: PublishedPort }[] = []
    for (const [service, { spec }] of Object.entries(services))
      for (const [index, port] of spec.ports.entries()) {
        const other = published.find(before => before.service !== service && isSamePlace(before.port, port))
        const message = `the host's port ${port.published} is published by ${other?.service} already`
        if (other) context.addIssue({ code: 'custom', path: ['services', service, 'spec', 'ports', index], message })
        if (port.published !== undefined) published.push({ service, port })
      }
  }),
)

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

import * as z from 'zod/mini'
import '../domain/english.ts'

/** The HTTP API's requests and answers: what is validated, what the OpenAPI document says, and what clients are typed by. Moments are milliseconds since 1970. */

export const RollbackRequest = z
  .strictObject({ service: z.optional(z.string()), to: z.optional(z.int().check(z.positive())), dryRun: z.optional(z.boolean()) })
  .register(z.globalRegistry, { id: 'RollbackRequest' })
export const ScaleRequest = z
  .strictObject({ replicas: z.int().check(z.minimum(0), z.maximum(10_000)) })
  .register(z.globalRegistry, { id: 'ScaleRequest' })
export const ProtectRequest = z
  .strictObject({
    /** Tasks by their numbers: 7 is web.7. */
    tasks: z.array(z.int().check(z.positive())).check(z.minLength(1), z.maxLength(100)),
    /** 48 hours at most, as on ECS. */
    seconds: z.int().check(z.minimum(0), z.maximum(172_800)),
  })
  .register(z.globalRegistry, { id: 'ProtectRequest' })
export const RunningRequest = z
  .strictObject({ action: z.enum(['restart', 'stop', 'start']), services: z._default(z.array(z.string()), []) })
  .register(z.globalRegistry, { id: 'RunningRequest' })

/** Of the deployment that is under way; without services all that it concerns. An abort goes back to the newest stable deployment. */
export const HoldRequest = z
  .strictObject({ action: z.enum(['pause', 'resume', 'abort']), services: z._default(z.array(z.string()), []) })
  .register(z.globalRegistry, { id: 'HoldRequest' })

/** `changed` is false when what was asked for is there already. */
export const Accepted = z
  .object({ stack: z.string(), version: z.int(), deployment: z.int(), changed: z.boolean() })
  .register(z.globalRegistry, { id: 'Accepted' })

export const Difference = z
  .object({ path: z.string(), from: z.optional(z.string()), to: z.optional(z.string()) })
  .register(z.globalRegistry, { id: 'Difference' })

export const PlannedChange = z
  .object({
    service: z.string(),
    change: z.enum(['new', 'update', 'scale', 'remove', 'none']),
    fromRevision: z.optional(z.int()),
    toRevision: z.optional(z.int()),
    differences: z.array(Difference),
    /** One line: "roll 4 tasks, start first, one at a time". */
    what: z.string(),
    notes: z.array(z.string()),
  })
  .register(z.globalRegistry, { id: 'PlannedChange' })

export const Plan = z
  .object({
    stack: z.string(),
    deployment: z.int(),
    changes: z.array(PlannedChange),
    notes: z.array(z.string()),
    /** What would be made where it is not there yet; US dollars a month before what is paid by use. Absent where nothing costs. */
    estimate: z.optional(z.object({ resources: z.array(z.string()), idle: z.number(), running: z.number() })),
  })
  .register(z.globalRegistry, { id: 'Plan' })

const Moment = z.int()

export const TaskView = z
  .object({
    id: z.string(),
    number: z.int(),
    revision: z.int(),
    state: z.enum(['intended', 'pending', 'running', 'ready', 'available', 'unhealthy', 'draining', 'stopping', 'refused']),
    health: z.optional(z.string()),
    why: z.optional(z.string()),
    createdAt: Moment,
    startedAt: z.optional(Moment),
    readyAt: z.optional(Moment),
    runtime: z.optional(z.string()),
    runtimeId: z.optional(z.string()),
  })
  .register(z.globalRegistry, { id: 'Task' })

export const EndedTaskView = z
  .object({
    id: z.string(),
    number: z.int(),
    revision: z.int(),
    at: Moment,
    byItself: z.boolean(),
    code: z.optional(z.int()),
    reason: z.string(),
  })
  .register(z.globalRegistry, { id: 'EndedTask' })

export const PortView = z.object({
  published: z.optional(z.int()),
  target: z.int(),
  protocol: z.string(),
  layer: z.string(),
})

export const ServiceStatus = z
  .object({
    service: z.string(),
    removed: z.boolean(),
    /** The wish's outcome: absent while it is being deployed. */
    outcome: z.optional(z.enum(['ok', 'failed'])),
    why: z.optional(z.string()),
    cause: z.string(),
    /** Its deployment is held, by whom and since when. */
    paused: z.optional(z.object({ by: z.string(), at: Moment })),
    revision: z.optional(z.int()),
    image: z.optional(z.string()),
    command: z.optional(z.array(z.string())),
    ports: z.array(PortView),
    desired: z.int(),
    available: z.int(),
    /** Live tasks of the wished revision. */
    updated: z.int(),
    live: z.int(),
    failures: z.int(),
    lastFailure: z.optional(z.string()),
    /** Why nothing more happens right now, one line each. */
    waitsFor: z.array(z.string()),
    tasks: z.array(TaskView),
    ended: z.array(EndedTaskView),
  })
  .register(z.globalRegistry, { id: 'ServiceStatus' })

export const DeploymentView = z
  .object({
    number: z.int(),
    version: z.int(),
    at: Moment,
    actor: z.string(),
    cause: z.string(),
    to: z.optional(z.int()),
    why: z.optional(z.string()),
    changed: z.array(z.string()),
    outcome: z.optional(z.enum(['ok', 'failed', 'superseded'])),
    /** Which service failed it, and why. */
    failed: z.optional(z.string()),
    endedAt: z.optional(Moment),
  })
  .register(z.globalRegistry, { id: 'Deployment' })

export const StackStatus = z
  .object({
    stack: z.string(),
    version: z.int(),
    /** True when every service is removed. */
    gone: z.boolean(),
    deployment: z.optional(DeploymentView),
    /** Every service has an outcome. */
    settled: z.boolean(),
    services: z.array(ServiceStatus),
    /** The moment that this shows; absent for now. */
    at: z.optional(Moment),
  })
  .register(z.globalRegistry, { id: 'StackStatus' })

export const StackListItem = z
  .object({
    stack: z.string(),
    deployment: z.int(),
    outcome: z.optional(z.string()),
    services: z.int(),
    available: z.int(),
    desired: z.int(),
  })
  .register(z.globalRegistry, { id: 'StackListItem' })

export const RevisionView = z
  .object({
    service: z.string(),
    revision: z.int(),
    at: Moment,
    deployment: z.int(),
    image: z.optional(z.string()),
    /** It was available in full once, so a rollback may choose it. */
    stable: z.boolean(),
    /** The deployment by which it first ended well, and when. */
    proven: z.optional(z.object({ deployment: z.int(), at: Moment })),
    current: z.boolean(),
    differences: z.array(Difference),
  })
  .register(z.globalRegistry, { id: 'Revision' })

export const History = z
  .object({ stack: z.string(), deployments: z.array(DeploymentView), revisions: z.array(RevisionView) })
  .register(z.globalRegistry, { id: 'History' })

export const EventView = z
  .object({
    stream: z.string(),
    version: z.int(),
    at: Moment,
    actor: z.string(),
    causedBy: z.optional(z.string()),
    commandId: z.optional(z.string()),
    type: z.string(),
    /** A sentence for people. */
    text: z.string(),
    data: z.unknown(),
  })
  .register(z.globalRegistry, { id: 'Event' })

/** `cursor`: ask again with it for what came since (L8). */
export const EventPage = z.object({ events: z.array(EventView), cursor: z.string() }).register(z.globalRegistry, { id: 'EventPage' })

export const Explanation = z
  .object({
    subject: z.string(),
    sentence: z.string(),
    evidence: z.array(z.object({ at: Moment, text: z.string(), stream: z.string(), version: z.int() })),
    waitsFor: z.array(z.string()),
  })
  .register(z.globalRegistry, { id: 'Explanation' })

export const LogLineView = z
  .object({
    service: z.string(),
    number: z.int(),
    task: z.string(),
    at: z.number(),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
  })
  .register(z.globalRegistry, { id: 'LogLine' })
export const LogPage = z
  .object({ lines: z.array(LogLineView), cursor: z.string(), ended: z.boolean() })
  .register(z.globalRegistry, { id: 'LogPage' })

export const HostInfo = z
  .object({
    version: z.string(),
    installation: z.string(),
    runtime: z.string(),
    /** What the tasks are and why: "docker 28.2", "tasks are processes: no Docker engine answered (…)". */
    runtimeDetail: z.string(),
    dataFolder: z.optional(z.string()),
    pid: z.optional(z.int()),
  })
  .register(z.globalRegistry, { id: 'HostInfo' })

/** Where the published ports of a stack are reached: `http://localhost:8080`, `tcp://localhost:5432`. */
export const Urls = z.object({ urls: z.array(z.string()) }).register(z.globalRegistry, { id: 'Urls' })

export const ExecRequest = z
  .strictObject({ subject: z.string().check(z.minLength(1)), command: z.array(z.string()).check(z.minLength(1)) })
  .register(z.globalRegistry, { id: 'ExecRequest' })
/** For session-manager-plugin. The token is a secret for as long as the session lives. */
export const ExecPlace = z
  .object({
    task: z.string(),
    sessionId: z.string(),
    streamUrl: z.string(),
    tokenValue: z.string(),
    target: z.string(),
    region: z.string(),
  })
  .register(z.globalRegistry, { id: 'ExecPlace' })
export type ExecRequest = z.infer<typeof ExecRequest>
export type ExecPlace = z.infer<typeof ExecPlace>

export const PushPlace = z
  .object({
    repository: z.string(),
    username: z.string(),
    password: z.string(),
    expiresAt: z.optional(Moment),
    /** What its tasks run on: "linux/amd64". */
    platform: z.string(),
  })
  .register(z.globalRegistry, { id: 'PushPlace' })
export type PushPlace = z.infer<typeof PushPlace>

export const ErrorBody = z
  .object({ error: z.object({ code: z.string(), message: z.string(), hint: z.optional(z.string()), path: z.optional(z.string()) }) })
  .register(z.globalRegistry, { id: 'Error' })

export type RollbackRequest = z.infer<typeof RollbackRequest>
export type Accepted = z.infer<typeof Accepted>
export type Difference = z.infer<typeof Difference>
export type PlannedChange = z.infer<typeof PlannedChange>
export type Plan = z.infer<typeof Plan>
export type TaskView = z.infer<typeof TaskView>
export type ServiceStatus = z.infer<typeof ServiceStatus>
export type DeploymentView = z.infer<typeof DeploymentView>
export type StackStatus = z.infer<typeof StackStatus>
export type StackListItem = z.infer<typeof StackListItem>
export type RevisionView = z.infer<typeof RevisionView>
export type History = z.infer<typeof History>
export type EventView = z.infer<typeof EventView>
export type EventPage = z.infer<typeof EventPage>
export type Explanation = z.infer<typeof Explanation>
export type LogLineView = z.infer<typeof LogLineView>
export type LogPage = z.infer<typeof LogPage>
export type HostInfo = z.infer<typeof HostInfo>
export type ErrorBody = z.infer<typeof ErrorBody>

import * as z from 'zod'

/** The HTTP API's requests and answers: what is validated, what the OpenAPI document says, and what clients are typed by. Moments are milliseconds since 1970. */

export const RollbackRequest = z
  .strictObject({ service: z.string().optional(), to: z.number().int().positive().optional(), dryRun: z.boolean().optional() })
  .meta({ id: 'RollbackRequest' })
export const ScaleRequest = z.strictObject({ replicas: z.number().int().min(0).max(10_000) }).meta({ id: 'ScaleRequest' })
export const ProtectRequest = z
  .strictObject({
    /** Tasks by their numbers: 7 is web.7. */
    tasks: z.array(z.number().int().positive()).min(1).max(100),
    /** 48 hours at most, as on ECS. */
    seconds: z.number().int().min(0).max(172_800),
  })
  .meta({ id: 'ProtectRequest' })
export const RunningRequest = z
  .strictObject({ action: z.enum(['restart', 'stop', 'start']), services: z.array(z.string()).default([]) })
  .meta({ id: 'RunningRequest' })

/** Of the deployment that is under way; without services all that it concerns. An abort goes back to the newest stable deployment. */
export const HoldRequest = z
  .strictObject({ action: z.enum(['pause', 'resume', 'abort']), services: z.array(z.string()).default([]) })
  .meta({ id: 'HoldRequest' })

/** `changed` is false when what was asked for is there already. */
export const Accepted = z
  .object({ stack: z.string(), version: z.number().int(), deployment: z.number().int(), changed: z.boolean() })
  .meta({ id: 'Accepted' })

export const Difference = z.object({ path: z.string(), from: z.string().optional(), to: z.string().optional() }).meta({ id: 'Difference' })

export const PlannedChange = z
  .object({
    service: z.string(),
    change: z.enum(['new', 'update', 'scale', 'remove', 'none']),
    fromRevision: z.number().int().optional(),
    toRevision: z.number().int().optional(),
    differences: z.array(Difference),
    /** One line: "roll 4 tasks, start first, one at a time". */
    what: z.string(),
    notes: z.array(z.string()),
  })
  .meta({ id: 'PlannedChange' })

export const Plan = z
  .object({
    stack: z.string(),
    deployment: z.number().int(),
    changes: z.array(PlannedChange),
    notes: z.array(z.string()),
    /** What would be made where it is not there yet; US dollars a month before what is paid by use. Absent where nothing costs. */
    estimate: z.object({ resources: z.array(z.string()), idle: z.number(), running: z.number() }).optional(),
  })
  .meta({ id: 'Plan' })

const Moment = z.number().int()

export const TaskView = z
  .object({
    id: z.string(),
    number: z.number().int(),
    revision: z.number().int(),
    state: z.enum(['intended', 'pending', 'running', 'ready', 'available', 'unhealthy', 'draining', 'stopping', 'refused']),
    health: z.string().optional(),
    why: z.string().optional(),
    createdAt: Moment,
    startedAt: Moment.optional(),
    readyAt: Moment.optional(),
    runtime: z.string().optional(),
    runtimeId: z.string().optional(),
  })
  .meta({ id: 'Task' })

export const EndedTaskView = z
  .object({
    id: z.string(),
    number: z.number().int(),
    revision: z.number().int(),
    at: Moment,
    byItself: z.boolean(),
    code: z.number().int().optional(),
    reason: z.string(),
  })
  .meta({ id: 'EndedTask' })

export const PortView = z.object({
  published: z.number().int().optional(),
  target: z.number().int(),
  protocol: z.string(),
  layer: z.string(),
})

export const ServiceStatus = z
  .object({
    service: z.string(),
    removed: z.boolean(),
    /** The wish's outcome: absent while it is being deployed. */
    outcome: z.enum(['ok', 'failed']).optional(),
    why: z.string().optional(),
    cause: z.string(),
    /** Its deployment is held, by whom and since when. */
    paused: z.object({ by: z.string(), at: Moment }).optional(),
    revision: z.number().int().optional(),
    image: z.string().optional(),
    command: z.array(z.string()).optional(),
    ports: z.array(PortView),
    desired: z.number().int(),
    available: z.number().int(),
    /** Live tasks of the wished revision. */
    updated: z.number().int(),
    live: z.number().int(),
    failures: z.number().int(),
    lastFailure: z.string().optional(),
    /** Why nothing more happens right now, one line each. */
    waitsFor: z.array(z.string()),
    tasks: z.array(TaskView),
    ended: z.array(EndedTaskView),
  })
  .meta({ id: 'ServiceStatus' })

export const DeploymentView = z
  .object({
    number: z.number().int(),
    version: z.number().int(),
    at: Moment,
    actor: z.string(),
    cause: z.string(),
    to: z.number().int().optional(),
    why: z.string().optional(),
    changed: z.array(z.string()),
    outcome: z.enum(['ok', 'failed', 'superseded']).optional(),
    endedAt: Moment.optional(),
  })
  .meta({ id: 'Deployment' })

export const StackStatus = z
  .object({
    stack: z.string(),
    version: z.number().int(),
    /** True when every service is removed. */
    gone: z.boolean(),
    deployment: DeploymentView.optional(),
    /** Every service has an outcome. */
    settled: z.boolean(),
    services: z.array(ServiceStatus),
    /** The moment that this shows; absent for now. */
    at: Moment.optional(),
  })
  .meta({ id: 'StackStatus' })

export const StackListItem = z
  .object({
    stack: z.string(),
    deployment: z.number().int(),
    outcome: z.string().optional(),
    services: z.number().int(),
    available: z.number().int(),
    desired: z.number().int(),
  })
  .meta({ id: 'StackListItem' })

export const RevisionView = z
  .object({
    service: z.string(),
    revision: z.number().int(),
    at: Moment,
    deployment: z.number().int(),
    image: z.string().optional(),
    /** It was available in full once, so a rollback may choose it. */
    stable: z.boolean(),
    /** The deployment by which it first ended well, and when. */
    proven: z.object({ deployment: z.number().int(), at: Moment }).optional(),
    current: z.boolean(),
    differences: z.array(Difference),
  })
  .meta({ id: 'Revision' })

export const History = z
  .object({ stack: z.string(), deployments: z.array(DeploymentView), revisions: z.array(RevisionView) })
  .meta({ id: 'History' })

export const EventView = z
  .object({
    stream: z.string(),
    version: z.number().int(),
    at: Moment,
    actor: z.string(),
    causedBy: z.string().optional(),
    commandId: z.string().optional(),
    type: z.string(),
    /** A sentence for people. */
    text: z.string(),
    data: z.unknown(),
  })
  .meta({ id: 'Event' })

/** `cursor`: ask again with it for what came since (L8). */
export const EventPage = z.object({ events: z.array(EventView), cursor: z.string() }).meta({ id: 'EventPage' })

export const Explanation = z
  .object({
    subject: z.string(),
    sentence: z.string(),
    evidence: z.array(z.object({ at: Moment, text: z.string(), stream: z.string(), version: z.number().int() })),
    waitsFor: z.array(z.string()),
  })
  .meta({ id: 'Explanation' })

export const LogLineView = z
  .object({
    service: z.string(),
    number: z.number().int(),
    task: z.string(),
    at: z.number(),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
  })
  .meta({ id: 'LogLine' })
export const LogPage = z.object({ lines: z.array(LogLineView), cursor: z.string(), ended: z.boolean() }).meta({ id: 'LogPage' })

export const HostInfo = z
  .object({
    version: z.string(),
    installation: z.string(),
    runtime: z.string(),
    /** What the tasks are and why: "docker 28.2", "tasks are processes: no Docker engine answered (…)". */
    runtimeDetail: z.string(),
    dataFolder: z.string().optional(),
    pid: z.number().int().optional(),
  })
  .meta({ id: 'HostInfo' })

/** Where the published ports of a stack are reached: `http://localhost:8080`, `tcp://localhost:5432`. */
export const Urls = z.object({ urls: z.array(z.string()) }).meta({ id: 'Urls' })

export const ExecRequest = z.strictObject({ subject: z.string().min(1), command: z.array(z.string()).min(1) }).meta({ id: 'ExecRequest' })
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
  .meta({ id: 'ExecPlace' })
export type ExecRequest = z.infer<typeof ExecRequest>
export type ExecPlace = z.infer<typeof ExecPlace>

export const PushPlace = z
  .object({
    repository: z.string(),
    username: z.string(),
    password: z.string(),
    expiresAt: Moment.optional(),
    /** What its tasks run on: "linux/amd64". */
    platform: z.string(),
  })
  .meta({ id: 'PushPlace' })
export type PushPlace = z.infer<typeof PushPlace>

export const ErrorBody = z
  .object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional(), path: z.string().optional() }) })
  .meta({ id: 'Error' })

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

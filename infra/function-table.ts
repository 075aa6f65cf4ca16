import type { Ports } from '../shared/application/ports.ts'

/**
 * The one place that says what exists: each function's triggers, what it may touch, and how long it may run. Plain data, read by the cloud
 * and by the embedded host alike; neither knows a function that does not stand here.
 */
export type PortName = keyof Ports | 'tokens' | 'info'

export type Trigger =
  /** Requests over HTTP: questions are those by GET, commands all others. */
  | { readonly kind: 'http'; readonly takes: 'questions' | 'commands' }
  /** The event log's own change stream. */
  | { readonly kind: 'log-stream' }
  /** Pointers from the bus through a queue: of these kinds of streams, with one of these event types (absent: all). */
  | { readonly kind: 'commits'; readonly streams: readonly ('stack' | 'service')[]; readonly types?: readonly string[] }
  /** What runtimes tell of tasks, through a queue. */
  | { readonly kind: 'task-states' }
  /** First requests that a router holds for a service scaled to zero, through a queue. */
  | { readonly kind: 'demand' }
  /** On AWS: state changes of the alarms of scaled services (shared/domain/alarm-name.ts), through a queue. One machine has none. */
  | { readonly kind: 'alarms' }
  /** On AWS: notices that tasks will be retired, through a queue. One machine retires nothing. */
  | { readonly kind: 'retirements' }
  /** `home`: seconds between two runs of the embedded host; `cloud`: a schedule of one minute or more. */
  | { readonly kind: 'schedule'; readonly home: number; readonly cloudMinutes: number }

export type FunctionRow = {
  readonly name: string
  readonly does: string
  readonly triggers: readonly Trigger[]
  readonly ports: readonly PortName[]
  /** Of these ports so much and no more: for the rest the function has no code and no grant. */
  readonly only?: { readonly [N in 'runtime' | 'router']?: readonly (keyof Ports[N])[] }
  /** Seconds on AWS. */
  readonly timeout: number
  readonly memoryMb: number
  /** Messages a run at most, and for how long a batch may gather on AWS (L11). */
  readonly batch?: {
    readonly size: number
    readonly windowSeconds: number
    /** At home: what nobody waits for gathers, and leaves the one thread to what somebody does. */
    readonly homeMs?: number
    /** Executions side by side on AWS, so that what nobody waits for leaves the rest of the account's (10 in a new one) to what somebody does. */
    readonly most?: number
  }
}

/** The function that takes such requests. */
export const requestsGoTo = (takes: 'questions' | 'commands'): string =>
  FUNCTION_TABLE.find(({ triggers }) => triggers.some(trigger => trigger.kind === 'http' && trigger.takes === takes))!.name

const LOG = ['log', 'snapshots', 'clock', 'ids', 'folds'] as const
const ACT = [...LOG, 'readModel', 'runtime', 'router', 'wakes', 'claims', 'secrets', 'setting'] as const

export const FUNCTION_TABLE: readonly FunctionRow[] = [
  {
    name: 'api',
    does: 'decides commands that come over HTTP',
    triggers: [{ kind: 'http', takes: 'commands' }],
    ports: [...ACT, 'blobs', 'images', 'registry', 'execSessions', 'tokens'],
    only: { runtime: ['prepare', 'notes', 'estimate'], router: ['fit', 'estimate', 'check'] },
    timeout: 29,
    memoryMb: 512,
  },
  {
    name: 'query',
    does: 'answers questions that come over HTTP',
    triggers: [{ kind: 'http', takes: 'questions' }],
    ports: [...LOG, 'readModel', 'runtime', 'router', 'setting', 'tokens', 'info'],
    only: { runtime: ['logs'], router: ['address'] },
    timeout: 29,
    memoryMb: 512,
  },
  {
    name: 'relay',
    does: 'puts a pointer on the bus for every commit',
    triggers: [{ kind: 'log-stream' }],
    ports: ['bus'],
    timeout: 30,
    memoryMb: 256,
    batch: { size: 100, windowSeconds: 0 },
  },
  {
    name: 'project',
    does: 'keeps the read model and the due index, and sends wakes',
    triggers: [{ kind: 'commits', streams: ['stack', 'service'] }],
    ports: [...LOG, 'readModel', 'wakes', 'setting'],
    timeout: 60,
    memoryMb: 256,
    batch: { size: 10, windowSeconds: 1, homeMs: 25, most: 5 },
  },
  {
    name: 'conduct',
    does: 'hands wishes to services in order, and their outcomes to the stack',
    triggers: [
      { kind: 'commits', streams: ['stack'] },
      { kind: 'commits', streams: ['service'], types: ['DeploymentEnded', 'TaskSeen'] },
    ],
    ports: ACT,
    timeout: 60,
    memoryMb: 256,
    batch: { size: 10, windowSeconds: 0 },
  },
  {
    name: 'reconcile',
    does: 'plans a service, records the plan, and drives runtime and router',
    triggers: [{ kind: 'commits', streams: ['service'] }],
    ports: ACT,
    timeout: 60,
    memoryMb: 512,
    batch: { size: 10, windowSeconds: 1 },
  },
  {
    name: 'observe',
    does: 'records what runtimes tell of tasks',
    triggers: [{ kind: 'task-states' }],
    ports: LOG,
    timeout: 60,
    memoryMb: 256,
    batch: { size: 10, windowSeconds: 1 },
  },
  {
    name: 'sweep',
    does: 'wakes what is due or watched and compares the runtime with the log',
    triggers: [{ kind: 'schedule', home: 60, cloudMinutes: 1 }],
    ports: [...ACT, 'targetHealth'],
    timeout: 60,
    memoryMb: 512,
  },
  {
    name: 'check-health',
    does: 'says which tasks are to be probed, and tries the ports of those that are not ready yet, or asks who tries them; records what is to be retired',
    triggers: [{ kind: 'commits', streams: ['service'], types: ['TaskSeen', 'DrainStarted', 'StopsIntended'] }, { kind: 'retirements' }],
    ports: [...LOG, 'readModel', 'prober', 'probing', 'targetHealth', 'runtime', 'wakes', 'setting'],
    only: { runtime: ['list', 'named'] },
    timeout: 60,
    memoryMb: 256,
    batch: { size: 10, windowSeconds: 0 },
  },
  {
    name: 'autoscale',
    does: 'reads what scaled services are scaled by, and sets how many tasks they have',
    triggers: [
      { kind: 'demand' },
      { kind: 'alarms' },
      { kind: 'commits', streams: ['service'], types: ['WishTaken', 'ScaleSet', 'DeploymentEnded'] },
      { kind: 'schedule', home: 15, cloudMinutes: 1 },
    ],
    ports: [...LOG, 'readModel', 'metrics', 'alarms'],
    timeout: 60,
    memoryMb: 256,
    batch: { size: 10, windowSeconds: 0 },
  },
  {
    name: 'audit',
    does: 'compares every head of the log with its row',
    triggers: [{ kind: 'schedule', home: 3_600, cloudMinutes: 60 }],
    ports: ACT,
    timeout: 60,
    memoryMb: 512,
  },
]

import type { Resources, RestartPolicy, UpdateConfig } from '../domain/spec.ts'
import { bytes, decimal, duration, integer, oneOf } from './amounts.ts'
import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'
import { readLabels } from './environment.ts'

/** What `deploy` says, as far as it says it. */
export type Deploy = {
  readonly replicas?: Cursor
  readonly resources?: Cursor
  readonly restartPolicy?: RestartPolicy
  readonly update: UpdateConfig
  readonly rollback: UpdateConfig
  readonly labels: readonly (readonly [string, string])[]
}

const UPDATE_KEYS = ['parallelism', 'delay', 'failure_action', 'monitor', 'max_failure_ratio', 'order'] as const

function readUpdate(cursor: Cursor | undefined): UpdateConfig {
  const fields = cursor?.fields(UPDATE_KEYS) ?? {}
  return {
    ...(fields.order && { order: oneOf(fields.order, ['start-first', 'stop-first']) }),
    ...(fields.parallelism && { parallelism: integer(fields.parallelism, { min: 0 }) }),
    ...(fields.delay && { delay: duration(fields.delay) }),
    ...(fields.failure_action && { failureAction: oneOf(fields.failure_action, ['rollback', 'pause', 'continue']) }),
    ...(fields.monitor && { monitor: duration(fields.monitor) }),
    ...(fields.max_failure_ratio && { maxFailureRatio: decimal(fields.max_failure_ratio, { min: 0, max: 1 }) }),
  }
}

function readRestartPolicy(cursor: Cursor): RestartPolicy {
  const fields = cursor.fields(['condition', 'delay', 'max_attempts', 'window'])
  return {
    condition: fields.condition ? oneOf(fields.condition, ['any', 'on-failure', 'none']) : 'any',
    ...(fields.delay && { delay: duration(fields.delay) }),
    ...(fields.max_attempts && { maxAttempts: integer(fields.max_attempts, { min: 0 }) }),
    ...(fields.window && { window: duration(fields.window) }),
  }
}

export function readDeploy(context: Context, service: string, cursor: Cursor): Deploy {
  const known = ['mode', 'replicas', 'resources', 'update_config', 'rollback_config', 'restart_policy', 'labels'] as const
  const fields = cursor.fields(known)
  if (fields.mode && fields.mode.text() !== 'replicated') fields.mode.fail(`the mode "${fields.mode.text()}" is not supported yet`)
  return {
    ...(fields.replicas && { replicas: fields.replicas }),
    ...(fields.resources && { resources: fields.resources }),
    ...(fields.restart_policy && { restartPolicy: readRestartPolicy(fields.restart_policy) }),
    update: readUpdate(fields.update_config),
    rollback: readUpdate(fields.rollback_config),
    labels: fields.labels ? readLabels(context, service, fields.labels) : [],
  }
}

/** `restart: no | always | on-failure[:n] | unless-stopped`. */
export function readRestart(cursor: Cursor): RestartPolicy {
  const text = cursor.text()
  const found = /^on-failure(?::(\d+))?$/.exec(text)
  if (found) return { condition: 'on-failure', ...(found[1] && { maxAttempts: Number(found[1]) }) }
  if (text === 'no') return { condition: 'none' }
  if (text === 'always' || text === 'unless-stopped') return { condition: 'any' }
  return cursor.fail(`"${text}" is not one of no, always, on-failure, on-failure:<attempts>, unless-stopped`)
}

type ResourceFields = {
  readonly cpus?: Cursor
  readonly mem_limit?: Cursor
  readonly mem_reservation?: Cursor
  readonly pids_limit?: Cursor
}

/** One wish that can be said in two places: they must agree, as Compose wants it. */
function agreed(short: Cursor | undefined, long: Cursor | undefined, read: (cursor: Cursor) => number): number | undefined {
  const [a, b] = [short && read(short), long && read(long)]
  if (a !== undefined && b !== undefined && a !== b) short!.fail(`"${short!.name}" and ${long!.path} differ`)
  return a ?? b
}

const cpus = (cursor: Cursor) => decimal(cursor, { min: 0 })
const pids = (cursor: Cursor) => integer(cursor, { min: -1 })

/** Limits and reservations from a service's own keys and from `deploy.resources`. Zero, and -1 pids, mean no limit. */
export function readResources(context: Context, service: string, own: ResourceFields, deploy: Cursor | undefined): Resources {
  const parts = deploy?.fields(['limits', 'reservations']) ?? {}
  const limits = parts.limits?.fields(['cpus', 'memory', 'pids']) ?? {}
  const reserved = parts.reservations?.fields(['cpus', 'memory']) ?? {}
  if (reserved.cpus) {
    cpus(reserved.cpus)
    context.note({ service, place: reserved.cpus.place, text: 'no processor time is reserved: engines have no such reservation' })
  }
  const cpu = agreed(own.cpus, limits.cpus, cpus)
  const memory = agreed(own.mem_limit, limits.memory, bytes)
  const memoryReservation = agreed(own.mem_reservation, reserved.memory, bytes)
  const processes = agreed(own.pids_limit, limits.pids, pids)
  if (memory && memoryReservation && memoryReservation > memory) {
    ;(own.mem_reservation ?? reserved.memory)!.fail('more memory is reserved than the limit allows')
  }
  return {
    ...(cpu && { cpus: cpu }),
    ...(memory && { memory }),
    ...(memoryReservation && { memoryReservation }),
    ...(processes !== undefined && processes > 0 && { pids: processes }),
  }
}

/** `scale` or `deploy.replicas`; undefined where the file says nothing. */
export const readReplicas = (scale: Cursor | undefined, replicas: Cursor | undefined): number | undefined =>
  agreed(scale, replicas, cursor => integer(cursor, { min: 0, max: 10_000 }))

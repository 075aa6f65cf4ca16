import type { Metric, RatePolicy, ScalePolicy, ScaleRules, ScaleSchedule, ScaleTarget } from '../domain/scale-policy.ts'
import { scaleProblems } from '../domain/scale-problems.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import { decimal, duration, integer, oneOf } from './amounts.ts'
import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'

const COUNT = { min: 1, max: 10_000 }
const KEYS = ['min', 'max', 'targets', 'tolerance', 'up', 'down', 'schedules', 'idle'] as const

/** `x-longshore.scale`. @throws CodedError with the place of what is wrong */
export function readScale(context: Context, service: string, cursor: Cursor, spec: Pick<ServiceSpec, 'resources' | 'ports'>): ScalePolicy {
  const fields = cursor.fields(KEYS)
  const max = fields.max ?? cursor.fail('scale needs a max')
  const targets = fields.targets?.items().map(readTarget) ?? []
  const policy: ScalePolicy = {
    min: fields.min ? integer(fields.min, COUNT) : 1,
    max: integer(max, COUNT),
    targets,
    ...(fields.tolerance && { tolerance: decimal(fields.tolerance, { min: 0, max: 1 }) }),
    ...(fields.up && { up: readRules(fields.up) }),
    ...(fields.down && { down: readRules(fields.down) }),
    ...(fields.schedules && { schedules: few(fields.schedules, 10).map(readSchedule) }),
    ...(fields.idle && { idle: readIdle(fields.idle) }),
  }
  if (fields.targets) few(fields.targets, 10)
  for (const { path, message } of scaleProblems(policy, spec)) at(cursor, path).fail(message)
  if (targets.some(({ metric }) => metric.kind === 'cpu') && spec.resources.cpus === undefined) {
    context.note({ service, place: cursor.place, text: 'without a limit of processor time, cpu is a percentage of one core' })
  }
  return policy
}

/** M1. */
export const noteFirst = (context: Context, service: string, { place }: Cursor): void =>
  context.note({ service, place, text: 'with x-longshore.scale the number of replicas is only the first one' })

function few(cursor: Cursor, most: number): readonly Cursor[] {
  const items = cursor.items()
  return items.length > most ? cursor.fail(`at most ${most} are allowed`) : items
}

/** Where a problem of the policy stands in the file; as near as the file has it. */
function at(cursor: Cursor, path: readonly (string | number)[]): Cursor {
  const [step, ...rest] = path
  if (step === undefined) return cursor
  const next = typeof step === 'number' ? cursor.items()[step] : cursor.entries().find(([key]) => key === step)?.[1]
  return next ? at(next, rest) : cursor
}

const METRICS = ['cpu', 'memory', 'requests', 'queue', 'custom'] as const

/** `cpu: 60`, `requests: 100`, `queue: {name: jobs, target: 20}`, `custom: {name: …, url: …, target: 5}`: one metric an item. */
function readTarget(cursor: Cursor): ScaleTarget {
  const fields = cursor.fields(METRICS)
  const [kind, second] = METRICS.filter(name => fields[name])
  if (!kind || second) return cursor.fail(`a target is one of ${METRICS.join(', ')}`)
  const value = fields[kind]!
  if (kind === 'queue') return readQueue(value)
  if (kind === 'custom') return readCustom(value)
  const isPercent = kind !== 'requests' && value.text().endsWith('%')
  return { metric: { kind }, target: isPercent ? percent(value) : above(value) }
}

const percent = (cursor: Cursor): number =>
  /^\d{1,4}%$/.test(cursor.text()) && cursor.text() !== '0%'
    ? Number.parseInt(cursor.text(), 10)
    : cursor.fail(`"${cursor.text()}" is not a percentage`)

const above = (cursor: Cursor): number => {
  const value = decimal(cursor, { min: 0 })
  return value > 0 ? value : cursor.fail('a target is above zero')
}

const needed = (cursor: Cursor, field: Cursor | undefined, name: string): Cursor => field ?? cursor.fail(`"${cursor.name}" needs a ${name}`)

function readQueue(cursor: Cursor): ScaleTarget {
  const fields = cursor.fields(['name', 'target'])
  const queue = needed(cursor, fields.name, 'name').text() || cursor.fail('the queue has no name')
  return { metric: { kind: 'queue', queue }, target: above(needed(cursor, fields.target, 'target')) }
}

function readCustom(cursor: Cursor): ScaleTarget {
  const fields = cursor.fields(['name', 'namespace', 'dimensions', 'url', 'target'])
  const dimensions = fields.dimensions?.entries().map(([key, value]) => [key, value.text()] as const)
  const metric: Metric = {
    kind: 'custom',
    name: needed(cursor, fields.name, 'name').text() || cursor.fail('the metric has no name'),
    ...(fields.namespace && { namespace: fields.namespace.text() }),
    ...(dimensions && { dimensions: Object.fromEntries(dimensions) }),
    ...(fields.url && { url: url(fields.url) }),
  }
  return { metric, target: above(needed(cursor, fields.target, 'target')) }
}

/** Link-local addresses lead to the cloud's metadata service, which hands out credentials. */
function url(cursor: Cursor): string {
  const parsed = URL.canParse(cursor.text()) ? new URL(cursor.text()) : cursor.fail(`"${cursor.text()}" is not a URL`)
  if (!/^https?:$/.test(parsed.protocol)) cursor.fail('only http and https URLs can be read')
  if (/^(169\.254\.|\[fe80:|\[fd00:ec2:)/i.test(parsed.hostname)) cursor.fail('the address of the metadata service is not read')
  return cursor.text()
}

function readRules(cursor: Cursor): ScaleRules {
  const fields = cursor.fields(['stabilization', 'policies', 'select'])
  return {
    ...(fields.stabilization && { stabilization: span(fields.stabilization, 0, 3_600_000) }),
    ...(fields.policies && { policies: fields.policies.items().map(readRate) }),
    ...(fields.select && { select: oneOf(fields.select, ['max', 'min', 'disabled']) }),
  }
}

function readRate(cursor: Cursor): RatePolicy {
  const fields = cursor.fields(['type', 'value', 'period'])
  return {
    type: oneOf(needed(cursor, fields.type, 'type'), ['pods', 'percent']),
    value: integer(needed(cursor, fields.value, 'value'), { min: 1 }),
    period: span(needed(cursor, fields.period, 'period'), 1_000, 1_800_000),
  }
}

function readSchedule(cursor: Cursor): ScaleSchedule {
  const fields = cursor.fields(['name', 'cron', 'timeZone', 'duration', 'min', 'max'])
  return {
    ...(fields.name && { name: fields.name.text() }),
    cron: needed(cursor, fields.cron, 'cron').text(),
    timeZone: fields.timeZone?.text() ?? 'UTC',
    duration: span(needed(cursor, fields.duration, 'duration'), 60_000, 2_678_400_000),
    ...(fields.min && { min: integer(fields.min, { min: 0, max: 10_000 }) }),
    ...(fields.max && { max: integer(fields.max, { min: 0, max: 10_000 }) }),
  }
}

function readIdle(cursor: Cursor): NonNullable<ScalePolicy['idle']> {
  const fields = cursor.fields(['after', 'most', 'wait'])
  return {
    after: fields.after ? span(fields.after, 1_000, 86_400_000) : 300_000,
    most: fields.most ? integer(fields.most, COUNT) : 100,
    waitMs: fields.wait ? span(fields.wait, 100, 300_000) : 30_000,
  }
}

/** A duration within bounds, milliseconds. */
function span(cursor: Cursor, least: number, most: number): number {
  const value = duration(cursor)
  return value >= least && value <= most ? value : cursor.fail(`it is between ${least / 1_000} s and ${most / 1_000} s`)
}

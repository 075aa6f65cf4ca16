import { parseStream } from '../domain/commit.ts'
import { isRunByExec } from '../domain/health-check.ts'
import type { Probes } from '../domain/probe.ts'
import { referencesIn, reveal } from '../domain/secret-text.ts'
import { isLeaving, type Service, type Task } from '../domain/service.ts'
import type { HealthCheck, ServiceSpec } from '../domain/spec.ts'
import type { ProbedTask, Probing } from '../ports/probing.ts'

/** Compose's check is run from here where the engine's own counts wrong; processes have a supervisor that does it right. */
const checkOf = (spec: ServiceSpec, task: Task): HealthCheck | undefined =>
  task.runtime === 'docker' && isRunByExec(spec.healthcheck) ? spec.healthcheck : undefined

/** Whether something other than its runtime probes this task now. */
export function isHeld(s: Service, task: Task): boolean {
  const spec = s.specs[task.revision]
  if (!spec || task.state !== 'running' || task.unhealthyAt !== undefined || isLeaving(task)) return false
  return spec.probes !== undefined || checkOf(spec, task) !== undefined
}

/** The tasks of a service that are probed, secrets revealed. */
export async function probedTasks(probing: Probing, stream: string, s: Service): Promise<readonly ProbedTask[]> {
  const tasks = Object.values(s.tasks).filter(task => isHeld(s, task))
  const revisions = [...new Set(tasks.map(task => task.revision))]
  const specs = new Map(
    await Promise.all(revisions.map(async number => [number, await revealed(probing, stream, s.specs[number]!)] as const)),
  )
  return tasks.map(task => {
    const spec = specs.get(task.revision)!
    const check = checkOf(spec, task)
    return {
      id: task.id,
      intent: task.intent.version,
      seen: task.seen,
      startedAt: task.startedAt ?? s.at,
      addresses: task.addresses ?? {},
      probes: spec.probes ?? {},
      ...(check && { healthcheck: check }),
      ...(task.probes && { known: task.probes }),
      ...(task.health && { health: task.health }),
    }
  })
}

/** M3: only what is tried gets the values, and only in this process. A secret that is gone stays a reference, and the probe fails by it. */
async function revealed(probing: Probing, stream: string, spec: ServiceSpec): Promise<ServiceSpec> {
  const shown = { probes: spec.probes, healthcheck: spec.healthcheck }
  const names = [...new Set(referencesIn(JSON.stringify(shown)))]
  if (names.length === 0) return spec
  const values: Record<string, string> = {}
  for (const name of names) {
    const version = spec.secrets[name]?.version
    const value = version === undefined ? undefined : await probing.secret(parseStream(stream).stack, name, version)
    values[name] = value ?? `(secret ${name} is gone)`
  }
  return { ...spec, ...(deepReveal(shown, values) as { readonly probes?: Probes; readonly healthcheck?: HealthCheck }) }
}

/** In texts, not in JSON: a value may hold quotes. */
function deepReveal(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return reveal(value, values)
  if (Array.isArray(value)) return value.map(one => deepReveal(one, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deepReveal(one, values)]))
}

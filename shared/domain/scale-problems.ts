import { cronProblem } from './cron.ts'
import type { ScalePolicy } from './scale-policy.ts'
import { overlapOf } from './schedule-overlap.ts'

/** `path`: from the policy down, list items by number. */
export type ScaleProblem = { readonly path: readonly (string | number)[]; readonly message: string }

type Surroundings = { readonly resources: { readonly memory?: number }; readonly ports: readonly { readonly protocol: string }[] }

/** What the shape alone cannot tell to be wrong; empty when the policy is good. */
export function scaleProblems(policy: ScalePolicy, { resources, ports }: Surroundings): readonly ScaleProblem[] {
  const { min, max, targets, idle } = policy
  const problems: ScaleProblem[] = []
  if (min > max) problems.push({ path: ['min'], message: `min ${min} is above max ${max}` })
  targets.forEach(({ metric }, index) => {
    if (metric.kind === 'memory' && resources.memory === undefined)
      problems.push({ path: ['targets', index], message: 'a percentage of memory needs a memory limit' })
    if (metric.kind === 'custom' && (metric.namespace === undefined) === (metric.url === undefined))
      problems.push({ path: ['targets', index], message: 'a custom metric is read from a namespace or from a url, one of them' })
  })
  const measurable = ports.some(port => port.protocol === 'tcp') || targets.some(target => ['queue', 'custom'].includes(target.metric.kind))
  if (idle && !measurable)
    problems.push({ path: ['idle'], message: 'nothing tells when it is idle: it has no port, no queue and no metric of its own' })
  if (targets.length === 0 && !idle && !policy.schedules?.length)
    problems.push({ path: ['targets'], message: 'nothing scales it: name a target, a schedule or idle' })
  return [...problems, ...scheduleProblems(policy)]
}

function scheduleProblems({ schedules = [] }: ScalePolicy): readonly ScaleProblem[] {
  const problems = schedules.flatMap(({ cron, timeZone, min, max }, index): ScaleProblem[] => {
    const path = (key: string) => ['schedules', index, key]
    const wrong = cronProblem(cron, timeZone)
    if (wrong) return [{ path: path(wrong.includes('time zone') ? 'timeZone' : 'cron'), message: wrong }]
    if (min === undefined && max === undefined) return [{ path: path('min'), message: 'it changes neither min nor max' }]
    const isAbove = min !== undefined && max !== undefined && min > max // one alone moves the other bound along (bounds.ts)
    return isAbove ? [{ path: path('min'), message: `min ${min} is above max ${max}` }] : []
  })
  if (problems.length) return problems
  for (const [index, later] of schedules.entries()) {
    for (const [before, earlier] of schedules.slice(0, index).entries()) {
      const at = overlapOf(earlier, later)
      if (at === undefined) continue
      const message = `it overlaps schedule ${earlier.name ?? before + 1}, first at ${new Date(at).toISOString()}`
      return [{ path: ['schedules', index, 'cron'], message }]
    }
  }
  return []
}

import type { ScalePolicy, ScaleRules, ScaleSchedule, ScaleTarget } from '../domain/scale-policy.ts'

/** `x-longshore.scale` as readScale reads it. @param time writes milliseconds in Compose's spelling, @param text escapes */
export function renderScale(policy: ScalePolicy, time: (milliseconds: number) => string, text: (value: string) => string): object {
  const rules = (own: ScaleRules) => ({
    ...(own.stabilization !== undefined && { stabilization: time(own.stabilization) }),
    ...(own.policies && { policies: own.policies.map(rate => ({ ...rate, period: time(rate.period) })) }),
    ...(own.select && { select: own.select }),
  })
  const schedule = ({ name, cron, timeZone, duration, ...bounds }: ScaleSchedule) => ({
    ...(name !== undefined && { name: text(name) }),
    ...{ cron: text(cron), timeZone, duration: time(duration), ...bounds },
  })
  const { min, max, targets, tolerance, up, down, schedules, idle } = policy
  return {
    ...{ min, max },
    ...(targets.length > 0 && { targets: targets.map(target => renderTarget(target, text)) }),
    ...(tolerance !== undefined && { tolerance }),
    ...(up && { up: rules(up) }),
    ...(down && { down: rules(down) }),
    ...(schedules && { schedules: schedules.map(schedule) }),
    ...(idle && { idle: { after: time(idle.after), most: idle.most, wait: time(idle.waitMs) } }),
  }
}

function renderTarget({ metric, target }: ScaleTarget, text: (value: string) => string): object {
  if (metric.kind === 'queue') return { queue: { name: text(metric.queue), target } }
  if (metric.kind !== 'custom') return { [metric.kind]: target }
  const { kind: _, name, namespace, dimensions, url } = metric
  return {
    custom: {
      name: text(name),
      ...(namespace !== undefined && { namespace: text(namespace) }),
      ...(dimensions && { dimensions: Object.fromEntries(Object.entries(dimensions).map(([key, value]) => [key, text(value)])) }),
      ...(url !== undefined && { url: text(url) }),
      target,
    },
  }
}

import type { StackSpec } from '../domain/spec.ts'
import type { Estimate } from '../ports/estimate.ts'
import type { Ports } from './ports.ts'

/** US dollars a month, before what is paid by use. */
export type StackEstimate = { readonly resources: readonly string[]; readonly idle: number; readonly running: number }

/** What a stack would have made where it is not there yet, and what that costs; undefined where nothing costs. Pure. */
export function estimateOf(
  { runtime, router }: { readonly runtime: Pick<Ports['runtime'], 'estimate'>; readonly router: Pick<Ports['router'], 'estimate'> },
  stack: string,
  spec: StackSpec,
): StackEstimate | undefined {
  if (!runtime.estimate && !router.estimate) return undefined
  const parts = Object.entries(spec.services).flatMap(([service, { spec, replicas = spec.scale?.min ?? 1 }]): readonly Estimate[] => {
    const planned = { stack, service, spec, tasks: replicas }
    return [...(runtime.estimate?.(planned) ?? []), ...(router.estimate?.(planned) ?? [])]
  })
  const shared = Object.assign({}, ...parts.map(part => part.shared)) as Readonly<Record<string, number>>
  const once = Object.values(shared).reduce((sum, cost) => sum + cost, 0)
  const total = (of: 'idle' | 'running') => parts.reduce((sum, part) => sum + part[of], once)
  return { resources: [...Object.keys(shared), ...parts.flatMap(part => part.resources)], idle: total('idle'), running: total('running') }
}

import { decideFacts } from '../domain/service-decide.ts'
import type { Retirement } from '../ports/retirement.ts'
import { onService } from './append.ts'
import type { LogPorts, Ports } from './ports.ts'

/** What may be ended from now on already is given so long to be replaced: when it is ended after all, its stop is told by an event of its own. */
const REPLACED_WITHIN = 600_000

/**
 * Tasks that their runtime will end are replaced now, days ahead. A notice that gets lost is found by nobody: then the tasks have their grace
 * period, as when Spot takes them.
 */
export async function retire(
  ports: LogPorts & { readonly runtime: Pick<Ports['runtime'], 'named'> },
  { runtimeIds, from, why }: Retirement,
): Promise<void> {
  const seen = (await ports.runtime.named?.(runtimeIds)) ?? []
  const leaving = { by: Math.max(from, ports.clock.now() + REPLACED_WITHIN), why }
  for (const [stream, tasks] of Map.groupBy(seen, task => task.stream)) {
    const facts = tasks.map(({ stream: _, intent: __, ...fact }) => ({ leaving, ...fact }))
    await onService(ports, stream, s => decideFacts(s, facts), { actor: 'check-health' })
  }
}

import type { Fact } from '../domain/fact.ts'
import { decideFacts } from '../domain/service-decide.ts'
import { onService } from './append.ts'
import type { LogPorts } from './ports.ts'

/** What runtimes tell of tasks, recorded where it is news: one commit per stream and batch (L11). */
export async function observe(ports: LogPorts, stream: string, facts: readonly Fact[]): Promise<void> {
  await onService(ports, stream, s => decideFacts(s, facts), { actor: 'observe' })
}

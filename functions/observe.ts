import type { SQSRecord } from 'aws-lambda'
import { isFromEcs, readTaskStateChange } from '../shared/adapters/ecs/task-state-change.ts'
import { observe as observeFacts } from '../shared/application/observe.ts'
import type { LogPorts } from '../shared/application/ports.ts'
import { type Fact, Seen } from '../shared/domain/fact.ts'
import { onRecords } from './queue-trigger.ts'

type Told = { readonly stream: string; readonly facts: readonly Fact[] }

/** What runtimes tell of tasks → facts (E6, L11: one commit per stream and batch). */
export const observe = (ports: LogPorts) =>
  onRecords(
    parseTold,
    told => told.stream,
    async batch => {
      const facts = batch.flatMap(told => told.facts)
      if (facts.length) await observeFacts(ports, batch[0]!.stream, facts)
    },
  )

/** The envelope's source says whose words they are: ECS' own events, or a fact that the embedded host puts in. */
function parseTold({ body }: SQSRecord): Told {
  const envelope = JSON.parse(body) as { readonly detail: unknown }
  if (isFromEcs(envelope)) {
    const told = readTaskStateChange(envelope)
    return told ? { stream: told.stream, facts: [told.fact] } : { stream: '', facts: [] } // a task of somebody else in the cluster
  }
  const { stream, intent: _, ...fact } = Seen.parse(envelope.detail)
  return { stream, facts: [fact] }
}

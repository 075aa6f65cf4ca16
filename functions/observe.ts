import type { SQSRecord } from 'aws-lambda'
import { observe as observeFacts } from '../shared/application/observe.ts'
import type { LogPorts } from '../shared/application/ports.ts'
import { Seen } from '../shared/domain/fact.ts'
import { onRecords } from './queue-trigger.ts'

/** What runtimes tell of tasks → facts (E6, L11: one commit per stream and batch). */
export const observe = (ports: LogPorts) =>
  onRecords(
    parseSeen,
    seen => seen.stream,
    batch =>
      observeFacts(
        ports,
        batch[0]!.stream,
        batch.map(({ stream: _, intent: __, ...fact }) => fact),
      ),
  )

function parseSeen({ body }: SQSRecord): Seen {
  return Seen.parse((JSON.parse(body) as { readonly detail: unknown }).detail)
}

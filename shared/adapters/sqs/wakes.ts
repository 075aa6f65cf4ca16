import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Wakes } from '../../ports/wakes.ts'

/** The longest that SQS delays a message, in seconds. */
const LONGEST_DELAY = 900

export type WakesOptions = {
  readonly client: SQSClient
  /** URLs by the name of the function that the queue feeds. */
  readonly queues: Readonly<Record<string, string>>
}

/**
 * T1: one delayed message. Whole seconds, rounded up: one that comes early would only be delayed again.
 * @throws RangeError for a delay that SQS cannot wait, which emulators let through; else what SQS answers
 */
export function createWakes({ client, queues }: WakesOptions): Wakes {
  return {
    async send(to, stream, dueAt, delayMs) {
      const queue = queues[to]
      if (queue === undefined) throw new RangeError(`no queue of ${to} is known here`)
      const seconds = Math.max(0, Math.ceil(delayMs / 1_000))
      if (!(seconds <= LONGEST_DELAY)) throw new RangeError(`a wake of ${delayMs} ms is longer than the ${LONGEST_DELAY} s of SQS`)
      await client.send(
        new SendMessageCommand({ QueueUrl: queue, MessageBody: JSON.stringify({ wake: { stream, dueAt } }), DelaySeconds: seconds }),
      )
    },
  }
}

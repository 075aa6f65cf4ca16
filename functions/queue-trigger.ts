import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'

/** What a queue's message is about: a pointer from the bus (L7), or a wake (T1). */
export type Message = { readonly stream: string; readonly dueAt?: number }

/** The body is the bus's own envelope, or a wake that Longshore sent itself. */
export function parseMessage(body: string): Message {
  const parsed = JSON.parse(body) as {
    readonly detail?: { readonly stream?: string }
    readonly wake?: { readonly stream: string; readonly dueAt: number }
  }
  if (parsed.wake) return parsed.wake
  if (!parsed.detail?.stream) throw new TypeError('a message without a stream')
  return { stream: parsed.detail.stream }
}

/**
 * L11: runs once per stream and batch. Streams go side by side; the messages of one that failed come again, the others are done.
 * `dueAt` is given only when every message of the stream is a wake.
 */
export const onQueue = (run: (message: Message) => Promise<void>) =>
  onRecords(
    record => parseMessage(record.body),
    message => message.stream,
    messages => run(messages.every(message => message.dueAt !== undefined) ? messages[0]! : { stream: messages[0]!.stream }),
  )

/** A batch, parsed, grouped by `keyOf`, each group run once. What cannot be parsed fails alone, and ends in the dead-letter queue. */
export function onRecords<T>(parse: (record: SQSRecord) => T, keyOf: (item: T) => string, run: (items: readonly T[]) => Promise<void>) {
  return middy<SQSEvent, SQSBatchResponse>().handler(async event => {
    const failed: string[] = []
    const groups = new Map<string, { readonly items: T[]; readonly ids: string[] }>()
    for (const record of event.Records) {
      try {
        const item = parse(record)
        const group = groups.get(keyOf(item)) ?? { items: [], ids: [] }
        groups.set(keyOf(item), group)
        group.items.push(item)
        group.ids.push(record.messageId)
      } catch (error) {
        console.error(
          JSON.stringify({ level: 'error', message: 'a message that cannot be parsed', id: record.messageId, error: String(error) }),
        )
        failed.push(record.messageId)
      }
    }
    await Promise.all([...groups].map(([key, group]) => runGroup(key, group, run, failed)))
    return { batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) }
  })
}

async function runGroup<T>(
  key: string,
  group: { readonly items: readonly T[]; readonly ids: readonly string[] },
  run: (items: readonly T[]) => Promise<void>,
  failed: string[],
): Promise<void> {
  try {
    await run(group.items)
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
    console.error(JSON.stringify({ level: 'warn', message: 'a message comes again', about: key, error: `${name}: ${message}` }))
    failed.push(...group.ids)
  }
}

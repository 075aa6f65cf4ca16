import { setTimeout as pause } from 'node:timers/promises'
import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import type { Bus, Pointer } from '../../ports/bus.ts'

/** PutEvents takes so many entries, and as many bytes of them together. */
const MOST_ENTRIES = 10
const MOST_BYTES = 256 * 1024

const ATTEMPTS = 4
const FIRST_PAUSE_MS = 50

export type BusOptions = {
  readonly client: EventBridgeClient
  /** Name or ARN of the event bus. */
  readonly bus: string
  /** Waits between attempts; tests put another one. */
  readonly wait?: (ms: number) => Promise<unknown>
}

/**
 * L7: pointers, ten to a call. A call may take some entries and refuse others: only those are sent again, with growing pauses. Order does
 * not matter (invariant 3). @throws Error naming the bus's reason when entries are left after four attempts; else what EventBridge answers
 */
export function createBus({ client, bus, wait = pause }: BusOptions): Bus {
  async function send(entries: readonly PutEventsRequestEntry[]): Promise<void> {
    let left = entries
    let reason = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await wait(FIRST_PAUSE_MS * 4 ** (attempt - 1))
      const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [...left] }))
      if (!FailedEntryCount) return
      const failed = left.filter((_, place) => Entries?.[place]?.ErrorCode !== undefined)
      const first = Entries?.find(entry => entry.ErrorCode !== undefined)
      reason = `${first?.ErrorCode}: ${first?.ErrorMessage}`
      left = failed.length > 0 ? failed : left // a count without a place: all of them again
    }
    throw new Error(`the bus did not take ${left.length} of ${entries.length} pointers (${reason})`)
  }

  return {
    async publish(pointers) {
      for (const batch of batches(pointers.map(pointer => entryOf(bus, pointer)))) await send(batch)
    },
  }
}

const entryOf = (bus: string, { stream, version, types }: Pointer): PutEventsRequestEntry => ({
  EventBusName: bus,
  Source: 'longshore',
  DetailType: 'Committed',
  Detail: JSON.stringify({ stream, version, types }),
})

/** Source, detail type and detail count, in UTF-8; the envelope does not. */
const bytesOf = ({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry) => Buffer.byteLength(Source + DetailType + Detail)

function* batches(entries: readonly PutEventsRequestEntry[]): Generator<readonly PutEventsRequestEntry[]> {
  let batch: PutEventsRequestEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    const size = bytesOf(entry)
    if (batch.length === MOST_ENTRIES || (batch.length > 0 && bytes + size >= MOST_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(entry)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

import { EventBridgeClient, type PutEventsCommandInput } from '@aws-sdk/client-eventbridge'
import { describe, expect, it } from 'vitest'
import { createBus } from '../../shared/adapters/eventbridge/bus.ts'
import type { Pointer } from '../../shared/ports/bus.ts'
import { makeCanned } from './faulty-client.ts'

const pointers = (count: number): readonly Pointer[] =>
  Array.from({ length: count }, (_, index) => ({ stream: `service/shop/s${index}`, version: index + 1, types: ['TaskSeen'] }))

/** A bus that refuses the named streams for as long as `refuse` says. */
function world(refuse: (stream: string, call: number) => boolean) {
  const taken: Pointer[] = []
  const batches: number[] = []
  const waits: number[] = []
  const { client } = makeCanned(new EventBridgeClient({ region: 'us-east-1' }), (_command, input) => {
    const { Entries = [] } = input as PutEventsCommandInput
    batches.push(Entries.length)
    const answers = Entries.map(entry => {
      const pointer = JSON.parse(entry.Detail!) as Pointer
      if (refuse(pointer.stream, batches.length)) return { ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }
      taken.push(pointer)
      return { EventId: 'e' }
    })
    return { Entries: answers, FailedEntryCount: answers.filter(answer => 'ErrorCode' in answer).length }
  })
  const bus = createBus({ client, bus: 'longshore', wait: async ms => void waits.push(ms) })
  return { bus, taken, batches, waits }
}

describe('the bus on EventBridge', () => {
  it('L7: sends ten pointers a call at most, and nothing for none', async () => {
    const { bus, taken, batches } = world(() => false)
    await bus.publish(pointers(23))
    expect(batches).toEqual([10, 10, 3])
    expect(taken).toEqual(pointers(23))
    await bus.publish([])
    expect(batches).toHaveLength(3)
  })

  it('L7: stays under the bytes of one call', async () => {
    const { bus, batches } = world(() => false)
    const types = Array.from({ length: 3_000 }, (_, index) => `TypeOfAnEvent${index}`)
    await bus.publish(pointers(10).map(pointer => ({ ...pointer, types })))
    expect(batches.length).toBeGreaterThan(1)
    expect(Math.max(...batches) * JSON.stringify(types).length).toBeLessThan(256 * 1024)
  })

  it('L7: sends only the refused entries again, with growing pauses', async () => {
    const { bus, taken, batches, waits } = world((stream, call) => stream.endsWith('s1') && call < 3)
    await bus.publish(pointers(4))
    expect(batches).toEqual([4, 1, 1])
    expect(waits).toEqual([50, 200])
    expect(taken.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4])
  })

  it('L7: throws with the reason when an entry is refused four times, so that the batch comes again', async () => {
    const { bus, batches } = world(stream => stream.endsWith('s0'))
    await expect(bus.publish(pointers(2))).rejects.toThrow('1 of 2 pointers (ThrottlingException: Rate exceeded)')
    expect(batches).toEqual([2, 1, 1, 1])
  })
})

import { createHash } from 'node:crypto'
import { type SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../functions/queue-trigger.ts'
import { createWakes } from '../../shared/adapters/sqs/wakes.ts'
import { makeCanned } from './faulty-client.ts'

function world() {
  const sent: SendMessageCommandInput[] = []
  const { client } = makeCanned(new SQSClient({ region: 'us-east-1' }), (_command, input) => {
    sent.push(input as SendMessageCommandInput)
    return { MessageId: 'm', MD5OfMessageBody: createHash('md5').update(sent.at(-1)!.MessageBody!).digest('hex') }
  })
  return { wakes: createWakes({ client, queues: { reconcile: 'https://sqs/reconcile' } }), sent }
}

describe('wakes on SQS', () => {
  it('T1: goes to the queue of its function, delayed by whole seconds rounded up, and is read back as a wake', async () => {
    const { wakes, sent } = world()
    await wakes.send('reconcile', 'service/shop/web', 12_345, 1_200)
    expect(sent[0]).toMatchObject({ QueueUrl: 'https://sqs/reconcile', DelaySeconds: 2 })
    expect(parseMessage(sent[0]!.MessageBody!)).toEqual({ stream: 'service/shop/web', dueAt: 12_345 })
  })

  it.each([
    [0, 0],
    [-5_000, 0],
    [899_001, 900],
    [900_000, 900],
  ])('T1: a delay of %i ms is %i s', async (ms, seconds) => {
    const { wakes, sent } = world()
    await wakes.send('reconcile', 's', 1, ms)
    expect(sent[0]!.DelaySeconds).toBe(seconds)
  })

  it.each([900_001, Number.POSITIVE_INFINITY, Number.NaN])('T1: refuses a delay of %d ms itself, before anything is sent', async ms => {
    const { wakes, sent } = world()
    await expect(wakes.send('reconcile', 's', 1, ms)).rejects.toThrow(RangeError)
    expect(sent).toEqual([])
  })

  it('refuses a function whose queue it was not given', async () => {
    const { wakes, sent } = world()
    await expect(wakes.send('conduct', 's', 1, 0)).rejects.toThrow('no queue of conduct')
    expect(sent).toEqual([])
  })
})

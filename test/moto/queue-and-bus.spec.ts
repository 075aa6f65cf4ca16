import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../functions/queue-trigger.ts'
import { createBus } from '../../shared/adapters/eventbridge/bus.ts'
import { createWakes } from '../../shared/adapters/sqs/wakes.ts'
import { fresh, onMoto } from './on-moto.ts'

const sqs = new SQSClient(onMoto())
const bridge = new EventBridgeClient(onMoto())

async function queue() {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: fresh('queue') }))
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  return { url: QueueUrl!, arn: Attributes!['QueueArn']! }
}
const receive = async (url: string) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }))).Messages?.map(message => message.Body!) ?? []
async function eventually(url: string, count: number): Promise<string[]> {
  const got: string[] = []
  for (const deadline = Date.now() + 20_000; got.length < count && Date.now() < deadline; ) got.push(...(await receive(url)))
  return got
}

describe('wakes and bus on moto', () => {
  it('T1: a wake comes when its delay is over, and not before', async () => {
    const { url } = await queue()
    const wakes = createWakes({ client: sqs, queues: { conduct: url } })
    const sentAt = Date.now()
    await wakes.send('conduct', 'stack/shop', 7, 1_500)
    const early = await receive(url)
    expect(early.length === 0 || Date.now() - sentAt >= 2_000).toBe(true)
    const bodies = [...early, ...(await eventually(url, 1 - early.length))]
    expect(bodies.map(parseMessage)).toEqual([{ stream: 'stack/shop', dueAt: 7 }])
    expect(Date.now() - sentAt).toBeGreaterThanOrEqual(1_500)
  })

  it('L7: pointers reach the queue whose rule they match, and no other', async () => {
    const { url, arn } = await queue()
    const bus = fresh('bus')
    await bridge.send(new CreateEventBusCommand({ Name: bus }))
    const pattern = { source: ['longshore'], 'detail-type': ['Committed'], detail: { stream: [{ prefix: 'service/' }] } }
    await bridge.send(new PutRuleCommand({ Name: 'services', EventBusName: bus, EventPattern: JSON.stringify(pattern) }))
    await bridge.send(new PutTargetsCommand({ Rule: 'services', EventBusName: bus, Targets: [{ Id: 'queue', Arn: arn }] }))
    const services = Array.from({ length: 12 }, (_, index) => ({ stream: `service/shop/s${index}`, version: 1, types: ['TaskSeen'] }))
    await createBus({ client: bridge, bus }).publish([...services, { stream: 'stack/shop', version: 1, types: ['WishesChanged'] }])
    const streams = (await eventually(url, 12)).map(body => parseMessage(body).stream)
    expect(streams.sort()).toEqual(services.map(({ stream }) => stream).sort())
  })
})

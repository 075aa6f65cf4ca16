import { setTimeout as pause } from 'node:timers/promises'
import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs'
import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge'
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clientOptions, type Emulator } from './emulator.ts'

/** The rule that task state changes meet on AWS, with what it lets through and the queue that it feeds. */
export type TaskRule = { readonly pattern: string; readonly queueUrl: string }

export async function taskRuleOf(emulator: Emulator): Promise<TaskRule> {
  const bridge = new EventBridgeClient(clientOptions(emulator))
  const { Rules = [] } = await bridge.send(new ListRulesCommand({}))
  const [rule, another] = Rules.filter(({ EventPattern }) => EventPattern?.includes('aws.ecs'))
  if (!rule?.EventPattern || another) throw new Error(`rules for aws.ecs: ${JSON.stringify(Rules)}`)
  const { Targets = [] } = await bridge.send(new ListTargetsByRuleCommand({ Rule: rule.Name }))
  const name = Targets[0]?.Arn?.split(':').at(-1)
  const { QueueUrl } = await new SQSClient(clientOptions(emulator)).send(new GetQueueUrlCommand({ QueueName: name }))
  return { pattern: rule.EventPattern, queueUrl: QueueUrl! }
}

/**
 * The emulator tells nobody of its tasks. This looks at them and puts what ECS would send on the rule's queue: the documented envelope, each
 * change twice (at least once, as ECS has it), and only what the rule's pattern lets through.
 */
export function tellOfTasks(emulator: Emulator, cluster: string, rule: TaskRule) {
  const ecs = new ECSClient(clientOptions(emulator))
  const sqs = new SQSClient(clientOptions(emulator))
  const bridge = new EventBridgeClient(clientOptions(emulator))
  const told = new Map<string, string>()
  const refused: string[] = []
  let sent = 0
  let going = true
  const tell = async (task: Task) => {
    const key = `${task.lastStatus} ${task.desiredStatus} ${task.version}`
    if (told.get(task.taskArn!) === key) return
    told.set(task.taskArn!, key)
    const event = JSON.stringify(envelopeOf(task))
    const { Result } = await bridge.send(new TestEventPatternCommand({ EventPattern: rule.pattern, Event: event }))
    if (!Result) refused.push(event)
    if (!Result) return
    for (let time = 0; time < 2; time++) await sqs.send(new SendMessageCommand({ QueueUrl: rule.queueUrl, MessageBody: event }))
    sent++
  }
  const look = async () => {
    const arns: string[] = []
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const)
      arns.push(...((await ecs.send(new ListTasksCommand({ cluster, desiredStatus }))).taskArns ?? []))
    if (arns.length === 0) return
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns }))
    for (const task of tasks) await tell(task)
  }
  const running = (async () => {
    while (going) {
      await look().catch(() => {}) // the next look finds it
      await pause(250)
    }
  })()
  return {
    refused,
    sent: () => sent,
    stop: async () => {
      going = false
      await running
    },
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html; tags and health are not in it. */
function envelopeOf(task: Task): Readonly<Record<string, unknown>> {
  const { tags: _, healthStatus: __, ...detail } = task
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account: '000000000000',
    time: new Date().toISOString().replace(/\.\d+/, ''),
    region: 'us-east-1',
    resources: [task.taskArn],
    detail,
  }
}

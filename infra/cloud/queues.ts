import { Duration, type Stack } from 'aws-cdk-lib'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import type { FunctionRow } from '../function-table.ts'
import { acknowledge } from './acknowledged.ts'
import { titleOf } from './title.ts'

export type QueuePair = { readonly queue: sqs.Queue; readonly dead: sqs.Queue }

/** What the bus could not deliver, and what the relay gave up. */
export type LostAndFound = { readonly undelivered: sqs.Queue; readonly unrelayed: sqs.Queue }

/** Receives of one message until it is set aside: with the visibility below, half an hour of failing. */
const RECEIVES = 5

export const hasQueue = (row: FunctionRow): boolean =>
  row.triggers.some(trigger => trigger.kind !== 'http' && trigger.kind !== 'schedule' && trigger.kind !== 'log-stream')

/** A queue for each function that messages trigger, and one for what it could not do: its own, so that SQS can redrive it to where it came from. */
export function addQueues(stack: Stack, table: readonly FunctionRow[]): ReadonlyMap<string, QueuePair> {
  return new Map(table.filter(hasQueue).map(row => [row.name, addQueue(stack, row)]))
}

function addQueue(stack: Stack, { name, timeout }: FunctionRow): QueuePair {
  const dead = addDeadLetters(stack, `${titleOf(name)}DeadLetters`)
  const queue = new sqs.Queue(stack, `${titleOf(name)}Queue`, {
    // AWS's rule for Lambda: less, and a message comes again while a throttled function still has it in hand.
    visibilityTimeout: Duration.seconds(6 * timeout),
    deadLetterQueue: { queue: dead, maxReceiveCount: RECEIVES },
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  })
  return { queue, dead }
}

export const addLostAndFound = (stack: Stack): LostAndFound => ({
  undelivered: addLast(stack, 'UndeliveredEvents', 'it is the dead-letter queue of rules'),
  unrelayed: addLast(stack, 'UnrelayedCommits', "it is the failure destination of the relay's stream"),
})

function addLast(stack: Stack, id: string, reason: string): sqs.Queue {
  const queue = addDeadLetters(stack, id)
  acknowledge(queue, 'SQS3', reason)
  return queue
}

const addDeadLetters = (stack: Stack, id: string): sqs.Queue =>
  new sqs.Queue(stack, id, { retentionPeriod: Duration.days(14), encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true })

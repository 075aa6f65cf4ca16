import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createDynamoClient } from '../../shared/adapters/dynamo/client.ts'

/** One client each in a process, made at the first port that needs it. Region and credentials are the function's own variables. */
const made = new Map<() => unknown, unknown>()
function once<T>(make: () => T): T {
  if (!made.has(make)) made.set(make, make())
  return made.get(make) as T
}

/** As for the log: short enough that a call which hangs leaves the function time to try again. */
export const PATIENCE = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const

export const dynamoClient = (): DynamoDBClient => once(createDynamoClient)
const newEventBridge = () => new EventBridgeClient(PATIENCE)
export const eventBridgeClient = (): EventBridgeClient => once(newEventBridge)
const newSqs = () => new SQSClient(PATIENCE)
export const sqsClient = (): SQSClient => once(newSqs)
const newS3 = () => new S3Client(PATIENCE)
export const s3Client = (): S3Client => once(newS3)
const newSecrets = () => new SecretsManagerClient(PATIENCE)
export const secretsClient = (): SecretsManagerClient => once(newSecrets)
const newEcs = () => new ECSClient(PATIENCE)
export const ecsClient = (): ECSClient => once(newEcs)
const newLogs = () => new CloudWatchLogsClient(PATIENCE)
export const logsClient = (): CloudWatchLogsClient => once(newLogs)
const newCloudWatch = () => new CloudWatchClient(PATIENCE)
export const cloudWatchClient = (): CloudWatchClient => once(newCloudWatch)
const newEc2 = () => new EC2Client(PATIENCE)
export const ec2Client = (): EC2Client => once(newEc2)
const newBalancer = () => new ElasticLoadBalancingV2Client(PATIENCE)
export const balancerClient = (): ElasticLoadBalancingV2Client => once(newBalancer)

import { randomUUID } from 'node:crypto'
import { ECRClient } from '@aws-sdk/client-ecr'
import { createAlbRouter } from '../../shared/adapters/alb/alb-router.ts'
import { createCloudWatchAlarms } from '../../shared/adapters/cloudwatch/alarms.ts'
import type { MetricNames } from '../../shared/adapters/cloudwatch/metric-series.ts'
import { createCloudWatchMetrics } from '../../shared/adapters/cloudwatch/metrics.ts'
import { createBlobs as createPartedBlobs } from '../../shared/adapters/dynamo/blobs.ts'
import { createBudgets } from '../../shared/adapters/dynamo/budgets.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createLastNumbers } from '../../shared/adapters/dynamo/last-numbers.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { createBalancerGroups } from '../../shared/adapters/ec2/router-groups.ts'
import { createImages } from '../../shared/adapters/ecr/images.ts'
import { createEcsRuntime } from '../../shared/adapters/ecs/ecs-runtime.ts'
import { createBus } from '../../shared/adapters/eventbridge/bus.ts'
import { createBlobs } from '../../shared/adapters/s3/blobs.ts'
import { type AwsSecrets, createSecrets } from '../../shared/adapters/secrets-manager/secrets.ts'
import { createTokens } from '../../shared/adapters/secrets-manager/tokens.ts'
import { createWakes } from '../../shared/adapters/sqs/wakes.ts'
import { Folds } from '../../shared/application/folds.ts'
import type { LogPorts, Ports } from '../../shared/application/ports.ts'
import { parseStream } from '../../shared/domain/commit.ts'
import { taskFamily } from '../../shared/domain/task-family.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import {
  balancerClient,
  cloudWatchClient,
  dynamoClient,
  ec2Client,
  ecsClient,
  eventBridgeClient,
  logsClient,
  PATIENCE,
  s3Client,
  secretsClient,
  sqsClient,
} from './clients.ts'
import { queueUrl, told } from './environment.ts'

/**
 * The ports on AWS, each made by a function of its own: an entry calls those of its row, and esbuild leaves the others' adapters and clients
 * out of its bundle (test/cloud/bundles.spec.ts).
 */
const logTable = () => ({ client: dynamoClient(), table: told('logTable') })

export const clock: Ports['clock'] = { now: () => Date.now() }

export const logPorts = (): LogPorts => ({
  log: createEventLog(logTable()),
  snapshots: createSnapshots({ ...logTable(), blobs: createPartedBlobs(logTable()) }),
  clock,
  ids: { nonce: () => randomUUID() },
  folds: new Folds(),
})

export const readModel = (): Ports['readModel'] => createReadModel({ client: dynamoClient(), table: told('rowsTable') })
export const claims = (): Ports['claims'] => createClaims(logTable())
export const tokens = () => createTokens({ client: secretsClient(), secret: told('tokenSecret'), clock })
export const blobs = (): Ports['blobs'] => createBlobs({ client: s3Client(), bucket: told('blobBucket') })
export const bus = (): Ports['bus'] => createBus({ client: eventBridgeClient(), bus: told('bus') })
export const wakes = (): Ports['wakes'] =>
  createWakes({
    client: sqsClient(),
    queues: { conduct: queueUrl('conduct'), reconcile: queueUrl('reconcile'), 'check-health': queueUrl('check-health') },
  })

export const setting = (): Ports['setting'] => ({
  installation: { id: told('installation'), epoch: Number(told('epoch')) },
  limits: AWS,
  orphanedBefore: 0,
})

export const secrets = (): AwsSecrets =>
  createSecrets({
    client: secretsClient(),
    prefix: `longshore/${told('installation')}`,
    numbers: createLastNumbers({ ...logTable(), set: 'secret-versions' }),
  })

export const images = (): Ports['images'] =>
  createImages({ client: region => new ECRClient(region ? { ...PATIENCE, region } : PATIENCE), registry: told('registry') })

/** A port whose adapter is still to come: says so when it is called, and not before. */
const later = <T>(port: string): T => new Proxy({}, { get: () => () => Promise.reject(new Error(`there is no ${port} on AWS yet`)) }) as T
export const router = (): Ports['router'] =>
  createAlbRouter({
    client: balancerClient(),
    vpc: told('vpc'),
    subnets: told('subnets').split(','),
    installation: told('installation'),
    drainSeconds: 30,
    groups: createBalancerGroups(groupOptions()),
  })
const groupOptions = () => ({ client: ec2Client(), vpc: told('vpc'), installation: told('installation'), taskGroup: told('securityGroup') })
export const prober = (): Ports['prober'] => later('prober')

const metricNames = (): MetricNames => ({
  cluster: told('cluster'),
  family: stream => {
    const { stack, service } = parseStream(stream)
    return taskFamily(told('installation'), stack, service)
  },
  targetGroup: async () => undefined, // no load balancer leads to a service yet
})

export const metrics = (): Ports['metrics'] => createCloudWatchMetrics({ client: cloudWatchClient(), clock, names: metricNames() })

export const alarms = (): NonNullable<Ports['alarms']> =>
  createCloudWatchAlarms({ client: cloudWatchClient(), installation: told('installation'), names: metricNames() })

/** On Fargate, in every subnet that the template told. */
export const runtime = (): Ports['runtime'] =>
  createEcsRuntime({
    ecs: ecsClient(),
    logs: logsClient(),
    clock,
    budgets: createBudgets({ ...logTable(), clock }),
    secrets: secrets(),
    installation: told('installation'),
    cluster: told('cluster'),
    region: process.env['AWS_REGION'] ?? '',
    capacity: { strategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
    subnets: told('subnets').split(','),
    securityGroups: async () => [told('securityGroup')],
    assignPublicIp: told('publicAddress') === 'ENABLED',
    executionRole: told('executionRole'),
    logGroup: told('logGroup'),
  })

/** What drives a service's tasks. */
export const actPorts = () => ({
  ...logPorts(),
  readModel: readModel(),
  runtime: runtime(),
  router: router(),
  wakes: wakes(),
  claims: claims(),
  secrets: secrets(),
  setting: setting(),
})

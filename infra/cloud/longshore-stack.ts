import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import type { Construct } from 'constructs'
import { FUNCTION_TABLE, requestsGoTo } from '../function-table.ts'
import { addAlarms } from './alarms.ts'
import { addApi, addToken } from './api.ts'
import { addCluster, type Cluster } from './cluster.ts'
import { addDashboard } from './dashboard.ts'
import { ENVIRONMENT, queueVariable } from './environment.ts'
import { addEventPlane } from './event-plane.ts'
import { addFunctions } from './functions.ts'
import type { Places } from './grant.ts'
import { addNetwork, type Network } from './network.ts'
import { addLostAndFound, addQueues } from './queues.ts'
import type { Settings } from './settings.ts'
import { addStorage } from './storage.ts'

export type LongshoreProps = StackProps & {
  readonly settings: Settings
  readonly version: string
  /** Folder with the code of a function. */
  readonly bundle: (name: string) => string
}

/** A whole installation: everything that the function table says, and what tasks run on. */
export class LongshoreStack extends Stack {
  /** What the functions' grants are computed from. */
  readonly places: Places

  constructor(scope: Construct, id: string, props: LongshoreProps) {
    super(scope, id, props)
    const { settings, bundle } = props
    const table = FUNCTION_TABLE
    const storage = addStorage(this)
    const network = addNetwork(this, settings)
    const cluster = addCluster(this, settings)
    const bus = new events.EventBus(this, 'Bus', { eventBusName: `longshore-${settings.installation}` })
    const queues = addQueues(this, table)
    const token = addToken(this, settings)
    const lost = addLostAndFound(this)
    this.places = {
      arn: components => this.formatArn(components),
      installation: settings.installation,
      log: storage.log.tableArn,
      logStream: storage.log.tableStreamArn!,
      rows: storage.rows.tableArn,
      token: token.ref,
      bus: bus.eventBusArn,
      cluster: cluster.arn,
      clusterName: cluster.name,
      vpc: network.vpc,
      rolePath: cluster.rolePath,
      taskLogs: cluster.taskLogsArn,
      unrelayed: lost.unrelayed.queueArn,
      queues: Object.fromEntries([...queues].map(([name, { queue }]) => [name, queue.queueArn])),
    }
    const environment = {
      [ENVIRONMENT.tokenSecret]: token.ref,
      ...environmentOf(props, network, cluster),
      [ENVIRONMENT.logTable]: storage.log.tableName,
      [ENVIRONMENT.rowsTable]: storage.rows.tableName,
      [ENVIRONMENT.bus]: bus.eventBusName,
      ...Object.fromEntries([...queues].map(([name, { queue }]) => [queueVariable(name), queue.queueUrl])),
    }
    const functions = addFunctions(this, { table, settings, places: this.places, environment, bundle })
    addEventPlane(this, {
      table,
      functions,
      queues,
      bus,
      logStream: this.places.logStream,
      clusterArn: cluster.arn,
      installation: settings.installation,
      lost,
    })
    const url = addApi(this, settings, takes => functions.get(requestsGoTo(takes))!)
    const watched = { table, functions, queues, lost }
    addAlarms(this, settings, watched)
    if (settings.dashboard) addDashboard(this, settings, watched)
    new CfnOutput(this, 'ApiUrl', { value: url, description: 'What `longshore context add` is given' })
    new CfnOutput(this, 'TokenSecret', { value: token.ref, description: 'Who may read it may use the API' })
    new CfnOutput(this, 'Installation', { value: settings.installation })
  }
}

const environmentOf = ({ settings, version }: LongshoreProps, network: Network, cluster: Cluster): Readonly<Record<string, string>> => ({
  [ENVIRONMENT.installation]: settings.installation,
  [ENVIRONMENT.epoch]: String(settings.epoch),
  [ENVIRONMENT.version]: version,
  [ENVIRONMENT.cluster]: cluster.name,
  [ENVIRONMENT.vpc]: network.vpc,
  [ENVIRONMENT.subnets]: network.subnets.join(','),
  [ENVIRONMENT.securityGroup]: network.securityGroup,
  [ENVIRONMENT.publicAddress]: network.publicAddress ? 'ENABLED' : 'DISABLED',
  [ENVIRONMENT.taskRolePath]: cluster.rolePath,
  [ENVIRONMENT.executionRole]: cluster.executionRole.roleArn,
  [ENVIRONMENT.execRole]: cluster.execRole.roleArn,
  [ENVIRONMENT.filesImage]: settings.filesImage,
  [ENVIRONMENT.logGroup]: cluster.taskLogs.logGroupName,
  [ENVIRONMENT.registry]: settings.registry ?? `${Aws.ACCOUNT_ID}.dkr.ecr.${Aws.REGION}.${Aws.URL_SUFFIX}`,
})

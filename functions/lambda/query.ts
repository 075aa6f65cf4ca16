import { query } from '../query.ts'
import { told } from './environment.ts'
import { balancerAddress } from './ports/balancer-address.ts'
import { taskLogs } from './ports/task-logs.ts'
import { tokens } from './ports/tokens.ts'
import { logPorts, readModel, setting } from './ports.ts'

export const handler = query({
  ...logPorts(),
  readModel: readModel(),
  runtime: taskLogs(),
  router: balancerAddress(),
  setting: setting(),
  tokens: tokens(),
  info: {
    version: told('version'),
    installation: told('installation'),
    runtime: 'ecs',
    runtimeDetail: `tasks of cluster ${told('cluster')}`,
  },
})

import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs'
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { clientOptions, type Emulator } from './emulator.ts'

/**
 * What a stack makes while it runs and what is there of it. Log streams stay, as long as the template says: people read them when all is over.
 */
export async function leftoversOf(emulator: Emulator): Promise<readonly string[]> {
  const balancing = new ElasticLoadBalancingV2Client(clientOptions(emulator))
  const ecs = new ECSClient(clientOptions(emulator))
  const { LoadBalancers = [] } = await balancing.send(new DescribeLoadBalancersCommand({}))
  const { TargetGroups = [] } = await balancing.send(new DescribeTargetGroupsCommand({}))
  const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({ status: 'ACTIVE' }))
  const tagged = { Filters: [{ Name: 'tag-key', Values: ['longshore:installation'] }] }
  const { SecurityGroups = [] } = await new EC2Client(clientOptions(emulator)).send(new DescribeSecurityGroupsCommand(tagged))
  return [
    ...LoadBalancers.map(one => `load balancer ${one.LoadBalancerName}`),
    ...TargetGroups.map(one => `target group ${one.TargetGroupName}`),
    ...SecurityGroups.map(one => `security group ${one.GroupName}`),
    ...taskDefinitionArns.map(arn => `task definition ${arn}`),
  ]
}

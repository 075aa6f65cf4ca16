import type { Stack } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { acknowledge } from './acknowledged.ts'
import type { Settings } from './settings.ts'

/** Where tasks run, as RunTask wants it: ids. */
export type Network = {
  readonly vpc: string
  readonly subnets: readonly string[]
  /** Every task is a member: all the way out, no way in. Ways in are groups of their own, made with the stack's networks (M4). */
  readonly securityGroup: string
  readonly publicAddress: boolean
}

export function addNetwork(stack: Stack, { network, cidr, nat }: Settings): Network {
  const { vpc, subnets, publicAddress } = network ?? addVpc(stack, cidr, nat)
  const group = new ec2.CfnSecurityGroup(stack, 'TaskSecurityGroup', {
    groupDescription: 'Tasks of Longshore: may reach everything, are reached by nothing',
    vpcId: vpc,
    securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'images, AWS and whatever tasks need' }],
  })
  return { vpc, subnets, securityGroup: group.attrGroupId, publicAddress }
}

/** Two zones, because a load balancer wants two. Without a NAT, which costs as much as everything else here together, tasks have public addresses. */
function addVpc(stack: Stack, cidr: string, nat: number): NonNullable<Settings['network']> {
  const isPrivate = nat > 0
  const vpc = new ec2.Vpc(stack, 'Vpc', {
    ipAddresses: ec2.IpAddresses.cidr(cidr),
    maxAzs: 2,
    natGateways: nat,
    restrictDefaultSecurityGroup: false, // would be a Lambda of CDK's own; nothing is ever a member of the default group
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 20 },
      ...(isPrivate ? [{ name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 }] : []),
    ],
  })
  acknowledge(vpc, 'VPC7', 'flow logs cost money for each GB of traffic; whoever needs them adds them to the VPC, or brings one')
  const subnets = (isPrivate ? vpc.privateSubnets : vpc.publicSubnets).map(subnet => subnet.subnetId)
  return { vpc: vpc.vpcId, subnets, publicAddress: !isPrivate }
}

import { EC2Client } from '@aws-sdk/client-ec2'
import { createNetworkGroups, type NetworkGroups } from '../../../shared/adapters/ec2/network-groups.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const networkGroups = (): NetworkGroups =>
  createNetworkGroups({
    client: new EC2Client(PATIENCE),
    vpc: told('vpc'),
    installation: told('installation'),
    taskGroup: told('securityGroup'),
  })

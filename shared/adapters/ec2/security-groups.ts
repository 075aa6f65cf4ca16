import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type IpPermission,
  paginateDescribeSecurityGroups,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { groupNameOf } from '../../domain/network-group-name.ts'

export type SecurityGroupsOptions = {
  readonly client: EC2Client
  readonly vpc: string
  /** The installation's id: begins every name, and stands on every group. */
  readonly installation: string
}

/** What a security group should let in; everything may go out. */
export type Wanted = { readonly name: string; readonly description: string }

/**
 * Finds a group by name or makes it. Names are unique in a VPC, so of two that make it at once one is refused, and finds it then. Made at run
 * time: a template cannot know the networks of stacks. @throws what EC2 answers
 */
export async function findOrMake({ client, vpc, installation }: SecurityGroupsOptions, wanted: Wanted): Promise<string> {
  const name = groupNameOf(installation, wanted.name)
  const there = await findGroup({ client, vpc, installation }, wanted.name)
  if (there !== undefined) return there
  const Tags = [
    { Key: 'Name', Value: name },
    { Key: 'longshore:installation', Value: installation },
  ]
  const create = new CreateSecurityGroupCommand({
    GroupName: name,
    Description: wanted.description,
    VpcId: vpc,
    TagSpecifications: [{ ResourceType: 'security-group', Tags }],
  })
  const made = await unless(['InvalidGroup.Duplicate'], client.send(create))
  const id = made?.GroupId ?? (await findGroup({ client, vpc, installation }, wanted.name))
  if (id === undefined) throw new Error(`the security group ${name} is neither there nor can it be made`)
  return id
}

export async function findGroup({ client, vpc, installation }: SecurityGroupsOptions, name: string): Promise<string | undefined> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'group-name', Values: [groupNameOf(installation, name)] },
  ]
  const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand({ Filters }))
  return SecurityGroups?.[0]?.GroupId
}

/** A rule that is there already is no error: nothing has to be read first, and two at once do no harm. */
export async function letIn(client: EC2Client, group: string, permission: IpPermission): Promise<void> {
  const authorize = new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [permission] })
  await unless(['InvalidPermission.Duplicate'], client.send(authorize))
}

export async function shutOut(client: EC2Client, group: string, permission: IpPermission): Promise<void> {
  const revoke = new RevokeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [permission] })
  await unless(['InvalidPermission.NotFound', 'InvalidGroup.NotFound'], client.send(revoke))
}

/** Ids of the installation's groups whose names begin so, by name. */
export async function listGroups(
  { client, vpc, installation }: SecurityGroupsOptions,
  begins: string,
): Promise<ReadonlyMap<string, string>> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'tag:longshore:installation', Values: [installation] },
  ]
  const found = new Map<string, string>()
  for await (const page of paginateDescribeSecurityGroups({ client }, { Filters }))
    for (const { GroupId, GroupName } of page.SecurityGroups ?? [])
      if (GroupId && GroupName?.startsWith(groupNameOf(installation, begins))) found.set(GroupName, GroupId)
  return found
}

/** Whether it is gone: one that somebody is still a member of, or names in a rule, stays for the next time. */
export async function dropGroup(client: EC2Client, id: string): Promise<boolean> {
  try {
    await client.send(new DeleteSecurityGroupCommand({ GroupId: id }))
  } catch (error) {
    if (error instanceof Error && error.name === 'DependencyViolation') return false
    if (!(error instanceof Error && error.name === 'InvalidGroup.NotFound')) throw error
  }
  return true
}

/** EC2's error codes are the names of its errors; there are no classes for them. */
async function unless<T>(expected: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Error && expected.includes(error.name)) return undefined
    throw error
  }
}

import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type IpPermission,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'

export type SecurityGroupsOptions = {
  readonly client: EC2Client
  readonly vpc: string
  /** The installation's id: begins every name, and stands on every group. */
  readonly installation: string
}

/** What a security group should let in; everything may go out. */
export type Wanted = { readonly name: string; readonly description: string }

/** AWS lets letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* stand in names, 255 at most. */
const nameOf = (installation: string, name: string) =>
  `longshore ${installation} ${name}`.replace(/[^\w .:/()#,@[\]+=&;{}!$*-]/g, '_').slice(0, 255)

/**
 * Finds a group by name or makes it. Names are unique in a VPC, so of two that make it at once one is refused, and finds it then. Made at run
 * time: a template cannot know the networks of stacks. @throws what EC2 answers
 */
export async function findOrMake({ client, vpc, installation }: SecurityGroupsOptions, wanted: Wanted): Promise<string> {
  const name = nameOf(installation, wanted.name)
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
    { Name: 'group-name', Values: [nameOf(installation, name)] },
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

/** One that tasks are still members of stays for the next time. */
export async function dropGroup(options: SecurityGroupsOptions, name: string): Promise<void> {
  const id = await findGroup(options, name)
  if (id === undefined) return
  await unless(['DependencyViolation', 'InvalidGroup.NotFound'], options.client.send(new DeleteSecurityGroupCommand({ GroupId: id })))
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

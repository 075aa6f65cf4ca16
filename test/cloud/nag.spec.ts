import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, it } from 'vitest'
import { synthesize } from './synthesis.ts'

/** Each is computation alone, a minute of it on a busy machine and more: the limit is there for what never ends. */
const LIMIT = 600_000

/** Fails with cdk-nag's own report on a finding that no `acknowledge` gives a reason for. */
it.each<Readonly<Record<string, string>>>([
  {},
  { 'longshore:nat': '1', 'longshore:dashboard': 'true' },
  { 'longshore:vpc': 'vpc-0123456789abcdef0', 'longshore:subnets': 'subnet-0123456789abcdef0' },
])(
  'cdk-nag and CDK find nothing that is not meant: %j',
  async context => {
    await synthesize(
      context,
      app => {
        Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
      },
      true,
    )
  },
  LIMIT,
)

it(
  'cdk-nag is asked at all: an open security group is found',
  async () => {
    const { CfnSecurityGroup } = await import('aws-cdk-lib/aws-ec2')
    const open = synthesize({}, app => {
      new CfnSecurityGroup(app.node.findChild('Longshore'), 'Open', {
        groupDescription: 'open',
        securityGroupIngress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0' }],
      })
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    })
    await expect(open).rejects.toThrow(/Validation|EC23/)
  },
  LIMIT,
)

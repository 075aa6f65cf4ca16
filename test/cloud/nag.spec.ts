import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, it } from 'vitest'
import { synthesize } from './synthesis.ts'

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
  120_000,
)

it('cdk-nag is asked at all: an open security group is found', async () => {
  const { CfnSecurityGroup } = await import('aws-cdk-lib/aws-ec2')
  const open = synthesize({}, app => {
    new CfnSecurityGroup(app.node.findChild('Longshore'), 'Open', {
      groupDescription: 'open',
      securityGroupIngress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0' }],
    })
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  })
  await expect(open).rejects.toThrow(/Validation|EC23/)
}, 120_000)

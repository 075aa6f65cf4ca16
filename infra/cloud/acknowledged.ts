import { Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** A finding of cdk-nag's AwsSolutions about this resource that is meant, with its reason. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason })
}

/** Each of these resources that has a `*` in it, which cdk-nag takes one by one. */
export function acknowledgeWide(policy: IConstruct, resources: readonly string[], reason: string): void {
  for (const resource of resources) {
    const written = asWritten(Stack.of(policy).resolve(resource))
    if (written.includes('*')) acknowledge(policy, `IAM5[Resource::${written}]`, reason)
  }
}

/** As cdk-nag writes an ARN of CloudFormation's functions: `arn:<AWS::Partition>:s3:::<Bucket>/*`. */
function asWritten(value: unknown): string {
  if (typeof value === 'string') return value
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': joined,
  } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] }
  if (joined) return joined[1].map(asWritten).join(joined[0])
  return `<${Ref ?? attribute?.join('.')}>`
}

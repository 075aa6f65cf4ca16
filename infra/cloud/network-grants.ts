import type { GrantsOf, Places } from './grant.ts'

const groupArns = (at: Places) =>
  ['security-group', 'security-group-rule', 'vpc'].map(resource => at.arn({ service: 'ec2', resource, resourceName: '*' }))

/** Security groups: of networks for the runtime, of the load balancer for the router. */
export const ofGroups: GrantsOf = at => [
  { actions: ['ec2:DescribeSecurityGroups'], resources: ['*'], wide: 'what only describes knows no resource' },
  {
    actions: ['AuthorizeSecurityGroupIngress', 'CreateSecurityGroup', 'CreateTags', 'DeleteSecurityGroup'].map(name => `ec2:${name}`),
    resources: groupArns(at),
    wide: 'groups are made while Longshore runs; what it did not make it does not find by its names and tags',
  },
]

/**
 * Names of services, in a zone that comes with the first and goes with the last. Cloud Map changes zone and records in the name of whoever asks
 * it, so that Route 53's actions are granted beside its own (docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html).
 */
const ofNames: GrantsOf = at => {
  const actions = (service: string, names: readonly string[]) => names.map(name => `${service}:${name}`)
  const made = 'names are made while Longshore runs, and Cloud Map chooses the ids of what it makes'
  return [
    {
      actions: [
        ...actions('servicediscovery', ['CreatePrivateDnsNamespace', 'GetOperation', 'ListInstances', 'ListNamespaces', 'ListServices']),
        ...actions('servicediscovery', ['DeregisterInstance', 'RegisterInstance', 'TagResource']),
        ...actions('route53', ['CreateHostedZone', 'ListHostedZonesByName']),
        ...actions('ec2', ['DescribeRegions', 'DescribeVpcs']),
      ],
      resources: ['*'],
      wide: 'listings, and a zone that is not made yet, know no resource',
    },
    {
      actions: actions('servicediscovery', ['CreateService', 'DeleteNamespace', 'DeleteService']),
      resources: ['namespace', 'service'].map(resource => at.arn({ service: 'servicediscovery', resource, resourceName: '*' })),
      wide: made,
    },
    {
      actions: actions('route53', ['ChangeResourceRecordSets', 'DeleteHostedZone', 'GetHostedZone']),
      resources: [at.arn({ service: 'route53', region: '', account: '', resource: 'hostedzone', resourceName: '*' })],
      wide: made,
    },
  ]
}

/** Load balancer, its security group and peers' names, made with the first and removed with the last. */
export const ofRouter: GrantsOf = (at, only) => {
  if (only && !only.includes('address')) return [] // what plans ask of it follows from claims and specs
  if (only)
    return [{ actions: ['elasticloadbalancing:DescribeLoadBalancers'], resources: ['*'], wide: 'what only describes knows no resource' }]
  const ofBalancer = (resource: string) => at.arn({ service: 'elasticloadbalancing', resource, resourceName: '*' })
  const made = 'load balancers, groups and rules are made while Longshore runs; what it did not make it does not find by its names and tags'
  const seen = ['LoadBalancers', 'Listeners', 'Rules', 'TargetGroups', 'TargetHealth'].map(name => `elasticloadbalancing:Describe${name}`)
  const changed = [
    'AddTags',
    'CreateListener',
    'CreateLoadBalancer',
    'CreateRule',
    'CreateTargetGroup',
    'DeleteListener',
    'DeleteLoadBalancer',
    'DeleteRule',
    'DeleteTargetGroup',
    'DeregisterTargets',
    'ModifyRule',
    'ModifyTargetGroupAttributes',
    'RegisterTargets',
  ].map(name => `elasticloadbalancing:${name}`)
  return [
    { actions: seen, resources: ['*'], wide: 'what only describes knows no resource' },
    { actions: changed, resources: ['loadbalancer', 'listener', 'listener-rule', 'targetgroup'].map(ofBalancer), wide: made },
    ...ofGroups(at),
    { actions: ['ec2:RevokeSecurityGroupIngress'], resources: groupArns(at), wide: made },
    ...ofNames(at),
  ]
}

import { type DescribeTargetGroupsCommandInput, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { groupName as nameOf } from '../../shared/adapters/alb/alb-names.ts'
import { createGroupNames } from '../../shared/adapters/alb/target-groups.ts'
import { targetCheck } from '../../shared/domain/checks-on-aws.ts'

const [WEB, API] = ['service/shop/web', 'service/shop/api']
const groupName = (installation: string, stream: string, published: number) => nameOf(installation, stream, published, targetCheck({}))
const arnOf = (name: string, id = '0123456789abcdef') => `arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/${name}/${id}`

/** ELB with these groups, one on each page. */
function start(...names: readonly string[]) {
  const elb = { arns: names.map(name => arnOf(name)), listings: 0, fault: undefined as Error | undefined, now: 0 }
  const client = new ElasticLoadBalancingV2Client({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  client.send = (async ({ input }: { readonly input: DescribeTargetGroupsCommandInput }) => {
    const page = Number(input.Marker ?? 0)
    if (page === 0) elb.listings++
    if (elb.fault) throw elb.fault
    const found = elb.arns.slice(page, page + 1).map(arn => ({ TargetGroupArn: arn, TargetGroupName: arn.split('/')[1] }))
    return { TargetGroups: found, ...(page + 1 < elb.arns.length && { NextMarker: String(page + 1) }) }
  }) as never
  return { elb, names: createGroupNames({ client, installation: 'here', clock: { now: () => elb.now } }) }
}

test('every published port of a service has a group under which its requests are counted; others are not taken for them', async () => {
  const [web, admin] = [groupName('here', WEB, 80), groupName('here', WEB, 9_000)]
  const { names } = start(web, 'somebody-elses', groupName('there', WEB, 80), admin, groupName('here', API, 81))
  expect(await names(WEB)).toEqual([web, admin].map(name => `targetgroup/${name}/0123456789abcdef`))
  expect(await names('service/shop/db')).toEqual([])
})

test('one listing serves all who ask within a minute, also those who ask at once', async () => {
  const { elb, names } = start(groupName('here', WEB, 80), groupName('here', API, 81))
  await Promise.all([names(WEB), names(API), names(WEB)])
  elb.now = 59_999
  await names(API)
  expect(elb.listings).toBe(1)
})

test('a group that was made anew is found under its new name after a minute, and a first one at once', async () => {
  const web = groupName('here', WEB, 80)
  const { elb, names } = start(web)
  await names(WEB)
  elb.arns = [arnOf(web, 'fedcba9876543210'), arnOf(groupName('here', API, 81))]
  expect(await names(API)).toHaveLength(1)
  elb.now = 60_000
  expect(await names(WEB)).toEqual([`targetgroup/${web}/fedcba9876543210`])
  elb.now = -3_600_000 // a clock set back does not make it last longer
  elb.arns = []
  expect(await names(WEB)).toEqual([])
})

test('a listing that failed says so, and is asked for again', async () => {
  const { elb, names } = start(groupName('here', WEB, 80))
  elb.fault = Object.assign(new Error('Rate exceeded'), { name: 'Throttling' })
  await expect(names(WEB)).rejects.toThrow('Rate exceeded')
  elb.fault = undefined
  expect(await names(WEB)).toHaveLength(1)
})

import {
  DescribeTargetGroupsCommand,
  type DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  TargetGroupNotFoundException,
  type TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { describe, expect, it } from 'vitest'
import { groupName } from '../../shared/adapters/alb/alb-names.ts'
import { createTargetHealth } from '../../shared/adapters/alb/target-health.ts'
import { targetCheck } from '../../shared/domain/checks-on-aws.ts'

const WEB = 'service/shop/web'
const check = targetCheck({})
const other = { ...check, path: '/ready' }
const nameOf = (published: number, how = check) => groupName('here', WEB, published, how)
const gone = () => new TargetGroupNotFoundException({ message: 'gone', $metadata: { httpStatusCode: 400 } })

/** ELB with these target groups: what it says of each host. */
function start(groups: Record<string, Record<string, TargetHealth>>) {
  const calls: string[] = []
  const client = new ElasticLoadBalancingV2Client({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  client.send = (async (command: object) => {
    calls.push(command.constructor.name)
    if (command instanceof DescribeTargetGroupsCommand) {
      const [name] = command.input.Names!
      if (!groups[name!]) throw gone()
      return { TargetGroups: [{ TargetGroupArn: `arn/${name}` }] }
    }
    const targets = groups[(command as DescribeTargetHealthCommand).input.TargetGroupArn!.slice(4)]
    if (!targets) throw gone()
    return { TargetHealthDescriptions: Object.entries(targets).map(([Id, one]) => ({ Target: { Id, Port: 3000 }, TargetHealth: one })) }
  }) as never
  return { calls, groups, health: createTargetHealth({ client, installation: 'here' }) }
}
const task = (id: string, published = [80], how = check) => ({ id, host: id, published, check: how })

describe('what a load balancer says of tasks', () => {
  it.each<[TargetHealth, object | undefined]>([
    [{ State: 'healthy' }, { passed: true }],
    [
      { State: 'unhealthy', Reason: 'Target.ResponseCodeMismatch', Description: 'Health checks failed with these codes: [503]' },
      { passed: false, why: 'Health checks failed with these codes: [503]' },
    ],
    [
      { State: 'unhealthy', Reason: 'Target.Timeout' },
      { passed: false, why: 'Target.Timeout' },
    ],
    [{ State: 'unhealthy' }, { passed: false, why: 'unhealthy' }],
    [{ State: 'initial', Reason: 'Elb.RegistrationInProgress' }, undefined],
    [{ State: 'unused', Reason: 'Target.NotInUse' }, undefined],
    [{ State: 'draining' }, undefined],
    [{ State: 'unhealthy.draining' }, undefined],
    [{ State: 'unavailable' }, undefined],
    [{ State: 'word-of-tomorrow' as never }, undefined],
    [{}, undefined],
  ])('%j is %j', async (said, verdict) => {
    const { health } = start({ [nameOf(80)]: { a: said } })
    expect(await health.look(WEB, [task('a')])).toEqual(verdict ? [{ id: 'a', ...verdict }] : [])
  })

  it('a task passes when all of its ports do, and fails when one does', async () => {
    const { health, groups } = start({ [nameOf(80)]: { a: { State: 'healthy' } }, [nameOf(81)]: { a: { State: 'initial' } } })
    expect(await health.look(WEB, [task('a', [80, 81])])).toEqual([])
    groups[nameOf(81)] = { a: { State: 'unhealthy', Description: 'no' } }
    expect(await health.look(WEB, [task('a', [80, 81])])).toEqual([{ id: 'a', passed: false, why: 'no' }])
    groups[nameOf(81)] = { a: { State: 'healthy' } }
    expect(await health.look(WEB, [task('a', [80, 81])])).toEqual([{ id: 'a', passed: true }])
  })

  it('each task is judged by the check of its own revision', async () => {
    const { health } = start({ [nameOf(80)]: { a: { State: 'healthy' } }, [nameOf(80, other)]: { b: { State: 'unhealthy' } } })
    expect(await health.look(WEB, [task('a'), task('b', [80], other)])).toMatchObject([
      { id: 'a', passed: true },
      { id: 'b', passed: false },
    ])
  })

  it('one call a look serves all tasks of a group, whose name is looked up once', async () => {
    const { health, calls } = start({ [nameOf(80)]: { a: { State: 'healthy' }, b: { State: 'healthy' } } })
    for (let look = 0; look < 3; look++) expect(await health.look(WEB, [task('a'), task('b'), task('c')])).toHaveLength(2)
    expect(calls.filter(call => call === 'DescribeTargetGroupsCommand')).toHaveLength(1)
    expect(calls.filter(call => call === 'DescribeTargetHealthCommand')).toHaveLength(3)
  })

  it('a group that is not there yet, or was removed, says nothing, and is looked up anew', async () => {
    const { health, groups } = start({})
    expect(await health.look(WEB, [task('a')])).toEqual([])
    groups[nameOf(80)] = { a: { State: 'healthy' } }
    expect(await health.look(WEB, [task('a')])).toHaveLength(1)
    delete groups[nameOf(80)]
    expect(await health.look(WEB, [task('a')])).toEqual([])
    groups[nameOf(80)] = { a: { State: 'healthy' } }
    expect(await health.look(WEB, [task('a')])).toHaveLength(1)
  })

  it('what ELB refuses is seen as itself', async () => {
    const { health } = start({})
    const client = new ElasticLoadBalancingV2Client({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
    client.send = (async () => Promise.reject(new Error('Rate exceeded'))) as never
    await expect(createTargetHealth({ client, installation: 'here' }).look(WEB, [task('a')])).rejects.toThrow('Rate exceeded')
    expect(await health.look(WEB, [])).toEqual([])
  })
})

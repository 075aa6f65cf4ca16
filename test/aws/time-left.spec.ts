import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { describe, expect, it } from 'vitest'
import { register } from '../../shared/adapters/alb/change.ts'
import { inTime, RoutesOutdated, type TimeLeft } from '../../shared/ports/time-left.ts'
import { makeFaulty } from './faulty-client.ts'

const never = () => new Promise<never>(() => {})
const slow = (options: { abortSignal?: AbortSignal }) =>
  new Promise<string>((_, reject) => options.abortSignal!.addEventListener('abort', () => reject(new Error('aborted'))))

describe('E5: what a fold says to add', () => {
  it('is sent while time is left, with a signal that ends it', async () => {
    expect(
      await inTime(
        () => 1_000,
        async ({ abortSignal }) => abortSignal?.aborted,
      ),
    ).toBe(false)
  })

  it.each([0, -1])('is not sent with %d ms left', async ms => {
    await expect(inTime(() => ms, never)).rejects.toBeInstanceOf(RoutesOutdated)
  })

  it('is given up when its time is over, and the routes are to be computed again', async () => {
    const end = performance.now() + 20
    await expect(inTime(() => end - performance.now(), slow)).rejects.toBeInstanceOf(RoutesOutdated)
  })

  it('fails with what AWS answers in time', async () => {
    await expect(
      inTime(
        () => 1_000,
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no')
  })

  it('is never too late where nobody says until when', async () => {
    expect(await inTime(undefined, async options => options)).toEqual({})
  })

  it.each<[string, TimeLeft | undefined, readonly string[]]>([
    ['too late: no target is registered', () => 0, []],
    ['in time: the SDK’s own repetitions included', () => 50, ['RegisterTargets']],
  ])('%s', async (_, left, sent) => {
    const client = new ElasticLoadBalancingV2Client({
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 100,
    })
    const faulty = makeFaulty(client, () => 'throttled')
    const end = performance.now() + (left?.() ?? 0)
    const options = {
      client: faulty.client,
      vpc: '',
      subnets: [],
      installation: 'i',
      drainSeconds: 30,
      left: () => end - performance.now(),
    }
    await expect(register(options, 'arn', [{ host: '10.0.0.1', port: 80 }])).rejects.toBeInstanceOf(RoutesOutdated)
    expect([...new Set(faulty.calls)]).toEqual(sent)
  })
})

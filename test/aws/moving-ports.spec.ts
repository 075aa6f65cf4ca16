import { describe, expect, it } from 'vitest'
import { createAlbRouter } from '../../shared/adapters/alb/alb-router.ts'
import type { Front, Target } from '../../shared/ports/router.ts'
import { FakeElb } from './fake-elb.ts'

/** As at home (test/end-to-end/moving-ports.spec.ts): a port passes between services of a stack without a request that nobody answers. */

const groups = {
  forBalancer: async () => ['sg'],
  admit: async () => {},
  open: async () => {},
  close: async () => {},
  retire: async () => {},
}
const front = (published: number, more: Partial<Front> = {}): Front => ({
  published,
  protocol: 'tcp',
  layer: 'http',
  target: 3000,
  ...more,
})
const task = (id: string): Target => ({ id, addresses: { '3000/tcp': { host: id, port: 3000 } } })
const A = 'service/shop/a'
const B = 'service/shop/b'

function world() {
  const elb = new FakeElb()
  const router = createAlbRouter({
    client: elb.client,
    vpc: 'vpc',
    subnets: [],
    installation: 'i',
    drainSeconds: 30,
    groups,
    clock: { now: () => elb.now * 1_000 },
  })
  let version = 0
  const set = (stream: string, fronts: readonly Front[], targets: readonly string[], coming: readonly string[] = []) =>
    router.apply(stream, ++version, { fronts, targets: targets.map(task), coming: coming.map(task) })
  return { elb, router, set }
}

/** a serves 80 and b 8080. */
async function settled() {
  const { elb, set, ...rest } = world()
  await set(A, [front(80)], ['a1'])
  await set(B, [front(8080)], ['b1'])
  elb.now++
  expect([elb.served(80), elb.served(8080)]).toEqual([['a1'], ['b1']])
  return { elb, set, ...rest }
}

/** `stream` wishes for `wished` now; tasks `old` serve `kept` until `next` is ready, and leave then. */
const moves = async (
  { elb, set }: Awaited<ReturnType<typeof settled>>,
  { stream, wished, kept, old, next }: { stream: string; wished: number; kept: number; old: string; next: string },
  step: () => void,
) => {
  const both = [front(wished), front(kept, { kept: true })]
  await set(stream, both, [old])
  step()
  // Of another revision, so it has no address behind the kept front; the router is told what each listens on.
  await set(stream, both, [old], [next])
  elb.now++
  step()
  return {
    ready: async () => {
      await set(stream, [front(wished)], [next])
      step()
    },
    over: async () => {
      elb.now += 31
      await set(stream, [front(wished)], [next])
      step()
    },
  }
}

describe('two services that swap their published ports on a load balancer', () => {
  it.each([
    ['the one that serves first', [0, 1]],
    ['the other one first', [1, 0]],
  ])('leave none of them without an answer while the older tasks drain, %s', async (_, order) => {
    const shop = await settled()
    const { elb } = shop
    const answered = () => {
      expect(elb.served(80).length, `port 80 at ${elb.now} s`).toBeGreaterThan(0)
      expect(elb.served(8080).length, `port 8080 at ${elb.now} s`).toBeGreaterThan(0)
    }
    const a = await moves(shop, { stream: A, wished: 8080, kept: 80, old: 'a1', next: 'a2' }, answered)
    const b = await moves(shop, { stream: B, wished: 80, kept: 8080, old: 'b1', next: 'b2' }, answered)
    for (const at of order) await [a, b][at]!.ready()
    expect([elb.served(80), elb.served(8080)]).toEqual([['b2'], ['a2']])
    for (const at of order) await [a, b][at]!.over()
    expect([elb.served(80), elb.served(8080)]).toEqual([['b2'], ['a2']])
    expect([elb.groups.size, elb.rules.size, elb.listeners.size]).toEqual([2, 2, 2])
  })

  it('and swap them back: a new rule never stands before one that serves', async () => {
    const shop = await settled()
    const { elb } = shop
    const answered = () => expect([elb.served(80).length, elb.served(8080).length].includes(0)).toBe(false)
    for (const [toA, toB, n] of [
      [8080, 80, 1],
      [80, 8080, 2],
      [8080, 80, 3],
    ] as const) {
      const a = await moves(shop, { stream: A, wished: toA, kept: toB, old: `a${n}`, next: `a${n + 1}` }, answered)
      const b = await moves(shop, { stream: B, wished: toB, kept: toA, old: `b${n}`, next: `b${n + 1}` }, answered)
      await a.ready()
      await b.ready()
      await a.over()
      await b.over()
      expect([elb.served(toA), elb.served(toB)]).toEqual([[`a${n + 1}`], [`b${n + 1}`]])
    }
  })

  it('a rule that serves alone does not move, and two that both leave come to rest', async () => {
    const { elb, set } = await settled()
    const before = elb.calls.length
    await set(A, [], [])
    expect(elb.calls.slice(before)).not.toContain('CreateRule')
    await set(B, [front(80), front(8080)], ['b1'])
    await set(A, [], [])
    await set(B, [], [])
    elb.now += 31
    await set(A, [], [])
    await set(B, [], [])
    expect([elb.groups.size, elb.rules.size, elb.listeners.size]).toEqual([0, 0, 0])
  })
})

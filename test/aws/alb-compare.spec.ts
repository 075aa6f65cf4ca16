import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balancerName, groupName, groupPrefix, publishedOf } from '../../shared/adapters/alb/alb-names.ts'
import type { RegisteredTarget } from '../../shared/adapters/alb/alb-state.ts'
import { placeFor, rulesTo, targetChange, wayBack, weightsOf } from '../../shared/adapters/alb/compare.ts'
import { targetCheck } from '../../shared/domain/checks-on-aws.ts'

const at = (host: string) => ({ host, port: 3000 })
const is = (host: string, state: RegisteredTarget['state']): RegisteredTarget => ({ host, port: 3000, state })

describe('targets as a convergent set', () => {
  it('E4: registers what is missing and deregisters what is not wanted, and nothing when both are equal', () => {
    const group = { targets: [is('a', 'healthy'), is('b', 'unhealthy')] }
    expect(targetChange({ wanted: [at('a'), at('c')], coming: [] }, group)).toEqual({ register: [at('c')], deregister: [at('b')] })
    expect(targetChange({ wanted: [at('a'), at('b')], coming: [] }, group)).toEqual({ register: [], deregister: [] })
  })

  it('E5: what drains already is neither deregistered again nor taken for present', () => {
    const group = { targets: [is('a', 'draining')] }
    expect(targetChange({ wanted: [], coming: [] }, group)).toEqual({ register: [], deregister: [] })
    expect(targetChange({ wanted: [at('a')], coming: [] }, group)).toEqual({ register: [at('a')], deregister: [] })
  })

  it('T3: what is to be found healthy first is registered, kept while it is not, and goes when nobody wants it', () => {
    const group = { targets: [is('old', 'healthy'), is('new', 'initial'), is('ill', 'unhealthy'), is('stranger', 'unused')] }
    const share = { wanted: [at('old')], coming: [at('new'), at('ill'), at('newest')] }
    expect(targetChange(share, group)).toEqual({ register: [at('newest')], deregister: [at('stranger')] })
  })

  it('E4: of any sets, applying leads to the wanted ones and those that come, and then to rest', () => {
    const state = fc.constantFrom<RegisteredTarget['state']>('initial', 'healthy', 'unhealthy', 'draining', 'unused')
    const host = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f')
    const hosts = fc.uniqueArray(host)
    fc.assert(
      fc.property(hosts, hosts, fc.dictionary(host, state), (wanted, others, there) => {
        const group = { targets: Object.entries(there).map(([host, word]) => is(host, word)) }
        const share = { wanted: wanted.map(at), coming: others.filter(host => !wanted.includes(host)).map(at) }
        const { register, deregister } = targetChange(share, group)
        const gone = new Set(deregister.map(({ host }) => host))
        const after = [
          ...group.targets.filter(({ host, state }) => !gone.has(host) && state !== 'draining'),
          ...register.map(({ host }) => is(host, 'initial')),
        ]
        expect(after.map(({ host }) => host).sort()).toEqual([...new Set([...wanted, ...others])].sort())
        expect(targetChange(share, { targets: after })).toEqual({ register: [], deregister: [] })
      }),
      { seed: 11, numRuns: 2_000 },
    )
  })
})

describe('weights', () => {
  const share = (arn: string, count: number) => ({ arn, wanted: Array.from({ length: count }, (_, n) => at(`10.0.0.${n}`)) })

  it('of a single group is one, whoever is ready', () => {
    expect(weightsOf([share('a', 0)], [])).toEqual([{ group: 'a', weight: 1 }])
    expect(weightsOf([share('a', 7)], [])).toEqual([{ group: 'a', weight: 1 }])
  })

  it('invariant 11: follow the ready tasks of groups that ask otherwise, and one without any gets nothing', () => {
    expect(weightsOf([share('old', 3), share('new', 0)], [])).toEqual([
      { group: 'old', weight: 3 },
      { group: 'new', weight: 0 },
    ])
    expect(weightsOf([share('old', 2), share('new', 1_000)], [])[1]).toEqual({ group: 'new', weight: 999 })
    expect(weightsOf([share('a', 0), share('b', 0)], []).map(({ weight }) => weight)).toEqual([1, 0])
  })

  it('E5: a group that nobody wants is named without weight until its last request is done', () => {
    expect(weightsOf([share('new', 1)], ['old'])).toEqual([
      { group: 'new', weight: 1 },
      { group: 'old', weight: 0 },
    ])
  })
})

describe('rule slots', () => {
  const rule = (priority: number | undefined, group = 'g') => ({ arn: `r${priority}`, priority, forwards: [{ group, weight: 1 }] })

  it('L10: a new rule stands behind all others, and nowhere when there are a hundred', () => {
    expect(placeFor({ rules: [rule(undefined)] })).toBe(1)
    expect(placeFor({ rules: [rule(undefined), rule(2)] })).toBe(3)
    expect(placeFor({ rules: Array.from({ length: 99 }, (_, index) => rule(index + 7)) })).toBe(106)
    expect(placeFor({ rules: [rule(1), rule(49_999), rule(50_000)] })).toBe(49_998)
    expect(placeFor({ rules: Array.from({ length: 100 }, (_, index) => rule(index + 1)) })).toBeUndefined()
  })

  it.each([
    ['one more stands behind the others, and it goes', [1, 2, 7], [2], [2], 8],
    ['nothing as the last', [1, 2], [2], [], undefined],
    ['nothing as the only one', [3], [3], [], undefined],
    ['the first goes where a second stands last already: a run was cut off', [1, 2, 3], [1, 3], [1], undefined],
    ['nothing where somebody’s stands in the last place', [2, 50_000], [2], [], undefined],
    ['nothing where there is no rule', [1], [], [], undefined],
  ])('of a service whose rule serves nobody any more: %s', (_, all, own, dropped, make) => {
    const rules = [rule(undefined), ...all.map(priority => rule(priority))]
    const ours = rules.filter(({ priority = 0 }) => own.includes(priority))
    const { drop, make: made } = wayBack({ rules }, ours)
    expect([drop.map(({ priority }) => priority), made]).toEqual([dropped, make])
  })

  it('L10: of two rules that two runs made the first place stays; a default rule is nobody’s', () => {
    expect(rulesTo({ rules: [rule(7), rule(2), rule(4, 'other'), rule(undefined)] }, ['g']).map(({ priority }) => priority)).toEqual([2, 7])
  })
})

describe('names', () => {
  it('E1: fit ELB, and no two services or installations share one', () => {
    const streams = ['service/shop/web', 'service/shop/web-2', 'service/sho/pweb', 'service/shop/WEB', `service/shop/${'x'.repeat(63)}`]
    const names = ['a', 'b'].flatMap(installation => streams.map(stream => groupName(installation, stream, 65_535, targetCheck({}))))
    expect(new Set(names).size).toBe(names.length)
    for (const name of [...names, balancerName('A_very-long-installation-name-of-somebody')]) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/)
      expect(name).not.toMatch(/^internal-/)
    }
    expect(publishedOf(groupName('a', 'service/shop/web', 8080, targetCheck({})))).toBe(8080)
    expect(names.filter(name => name.startsWith(groupPrefix('a', 'service/shop/web')))).toHaveLength(1)
    const other = { ...targetCheck({}), path: '/ready' }
    expect(groupName('a', 'service/shop/web', 8080, other)).not.toBe(groupName('a', 'service/shop/web', 8080, targetCheck({})))
  })
})

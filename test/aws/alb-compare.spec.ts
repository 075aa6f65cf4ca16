import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balancerName, groupName, groupPrefix, publishedOf } from '../../shared/adapters/alb/alb-names.ts'
import type { RegisteredTarget } from '../../shared/adapters/alb/alb-state.ts'
import { freePriority, rulesTo, targetChange } from '../../shared/adapters/alb/compare.ts'

const at = (host: string) => ({ host, port: 3000 })
const is = (host: string, state: RegisteredTarget['state']): RegisteredTarget => ({ host, port: 3000, state })

describe('targets as a convergent set', () => {
  it('E4: registers what is missing and deregisters what is not wanted, and nothing when both are equal', () => {
    const group = { targets: [is('a', 'healthy'), is('b', 'unhealthy')] }
    expect(targetChange({ wanted: [at('a'), at('c')], leaving: [] }, group)).toEqual({ register: [at('c')], deregister: [at('b')] })
    expect(targetChange({ wanted: [at('a'), at('b')], leaving: [] }, group)).toEqual({ register: [], deregister: [] })
  })

  it('E5: what drains already is neither deregistered again nor taken for present', () => {
    const group = { targets: [is('a', 'draining')] }
    expect(targetChange({ wanted: [], leaving: [at('a')] }, group)).toEqual({ register: [], deregister: [] })
    expect(targetChange({ wanted: [at('a')], leaving: [] }, group)).toEqual({ register: [at('a')], deregister: [] })
  })

  it('invariant 7: as many healthy ones that drain stay as new ones are not known healthy, those that drain longest go first', () => {
    const group = { targets: [is('old1', 'healthy'), is('old2', 'healthy'), is('new1', 'healthy'), is('new2', 'initial')] }
    const route = { wanted: [at('new1'), at('new2')], leaving: [at('old1'), at('old2')] }
    expect(targetChange(route, group)).toEqual({ register: [], deregister: [at('old1')] })
    expect(targetChange({ ...route, wanted: [...route.wanted, at('new3')] }, group)).toEqual({ register: [at('new3')], deregister: [] })
    const known = { targets: group.targets.map(target => ({ ...target, state: 'healthy' as const })) }
    expect(targetChange(route, known)).toEqual({ register: [], deregister: [at('old1'), at('old2')] })
  })

  it('invariant 11: unhealthy ones, strangers and the last ones go at once, whoever is new', () => {
    const group = { targets: [is('ill', 'unhealthy'), is('stranger', 'healthy'), is('new', 'initial')] }
    expect(targetChange({ wanted: [at('new')], leaving: [at('ill')] }, group).deregister).toEqual([at('ill'), at('stranger')])
    expect(targetChange({ wanted: [], leaving: [at('new')] }, group).deregister).toHaveLength(3)
  })

  it('E4: of any sets, applying leads to the wanted ones and those kept, never fewer able to serve than wanted, and then to rest', () => {
    const state = fc.constantFrom<RegisteredTarget['state']>('initial', 'healthy', 'unhealthy', 'draining', 'unused')
    const host = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f')
    const hosts = fc.uniqueArray(host)
    fc.assert(
      fc.property(hosts, hosts, fc.dictionary(host, state), (wanted, leaving, there) => {
        const group = { targets: Object.entries(there).map(([host, word]) => is(host, word)) }
        const route = { wanted: wanted.map(at), leaving: leaving.filter(host => !wanted.includes(host)).map(at) }
        const { register, deregister } = targetChange(route, group)
        const gone = new Set(deregister.map(({ host }) => host))
        expect(wanted.some(host => gone.has(host))).toBe(false)
        const serving = (host: string) => there[host] === 'healthy'
        const before = [...wanted, ...route.leaving.map(({ host }) => host)].filter(serving).length
        const after = [...wanted, ...route.leaving.map(({ host }) => host)].filter(host => serving(host) && !gone.has(host)).length
        expect(after).toBeGreaterThanOrEqual(Math.min(before, wanted.length - wanted.filter(host => there[host] === 'unhealthy').length))
        const settled = [
          ...group.targets.filter(({ host }) => !gone.has(host) && !wanted.includes(host)),
          ...wanted.map(host => is(host, 'healthy')),
        ]
        const rest = targetChange(route, { targets: settled })
        expect(rest.register).toEqual([])
        const kept = settled.filter(({ host, state }) => !wanted.includes(host) && state !== 'draining')
        expect(rest.deregister.map(({ host }) => host).sort()).toEqual(kept.map(({ host }) => host).sort())
        expect(register.every(({ host }) => wanted.includes(host))).toBe(true)
      }),
      { seed: 11, numRuns: 2_000 },
    )
  })
})

describe('rule slots', () => {
  const rule = (priority: number | undefined, group = 'g') => ({ arn: `r${priority}`, priority, forwards: [{ group, weight: 1 }] })

  it('L10: a new rule takes the lowest free place, and none when all hundred are taken', () => {
    expect(freePriority({ rules: [rule(undefined)] })).toBe(1)
    expect(freePriority({ rules: [rule(1), rule(3)] })).toBe(2)
    expect(freePriority({ rules: Array.from({ length: 100 }, (_, index) => rule(index + 1)) })).toBeUndefined()
  })

  it('L10: of two rules that two runs made the first place stays; a default rule is nobody’s', () => {
    expect(rulesTo({ rules: [rule(7), rule(2), rule(4, 'other'), rule(undefined)] }, 'g').map(({ priority }) => priority)).toEqual([2, 7])
  })
})

describe('names', () => {
  it('E1: fit ELB, and no two services or installations share one', () => {
    const streams = ['service/shop/web', 'service/shop/web-2', 'service/sho/pweb', 'service/shop/WEB', `service/shop/${'x'.repeat(63)}`]
    const names = ['a', 'b'].flatMap(installation => streams.map(stream => groupName(installation, stream, 65_535)))
    expect(new Set(names).size).toBe(names.length)
    for (const name of [...names, balancerName('A_very-long-installation-name-of-somebody')]) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/)
      expect(name).not.toMatch(/^internal-/)
    }
    expect(publishedOf(groupName('a', 'service/shop/web', 8080))).toBe(8080)
    expect(names.filter(name => name.startsWith(groupPrefix('a', 'service/shop/web')))).toHaveLength(1)
  })
})

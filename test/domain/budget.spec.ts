import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FARGATE_LAUNCHES, grant } from '../../shared/domain/budget.ts'
import { taskFamily } from '../../shared/domain/task-family.ts'

describe('the launch budget', () => {
  it('T3: gives a hundred at once, then twenty a second', () => {
    const first = grant(undefined, 1_000, 150, FARGATE_LAUNCHES)
    expect(first.granted).toBe(100)
    expect(grant(first.full, 1_000, 1, FARGATE_LAUNCHES).granted).toBe(0)
    expect(grant(first.full, 2_000, 50, FARGATE_LAUNCHES).granted).toBe(20)
    expect(grant(first.full, 6_000, 500, FARGATE_LAUNCHES).granted).toBe(100)
  })

  it('T3: never grants more than burst + rate·t over any span, and as much as that to whoever always asks', () => {
    const asks = fc.array(fc.record({ after: fc.integer({ min: 0, max: 3_000 }), wanted: fc.integer({ min: 1, max: 120 }) }), {
      minLength: 1,
      maxLength: 60,
    })
    const rates = fc.record({ burst: fc.integer({ min: 1, max: 200 }), perSecond: fc.integer({ min: 1, max: 50 }) })
    fc.assert(
      fc.property(asks, rates, (list, rate) => {
        let now = 1_700_000_000_000
        let full: number | undefined
        const given: { readonly at: number; readonly count: number; readonly wanted: number }[] = []
        for (const { after, wanted } of list) {
          now += after
          const next = grant(full, now, wanted, rate)
          full = next.full
          given.push({ at: now, count: next.granted, wanted })
        }
        for (let i = 0; i < given.length; i++) {
          let sum = 0
          for (let j = i; j < given.length; j++) {
            sum += given[j]!.count
            expect(sum).toBeLessThanOrEqual(rate.burst + (rate.perSecond * (given[j]!.at - given[i]!.at)) / 1_000 + 0.01)
          }
        }
        expect(given[0]!.count).toBe(Math.min(rate.burst, given[0]!.wanted))
      }),
    )
  })

  it('T3: a clock set back waits no longer than an empty bucket does', () => {
    const { full } = grant(undefined, 1_000_000, 100, FARGATE_LAUNCHES)
    expect(grant(full, 0, 1, FARGATE_LAUNCHES)).toEqual({ granted: 0, full: 5_000 })
    expect(grant(5_000, 1_000, 20, FARGATE_LAUNCHES).granted).toBe(20)
  })
})

describe('the family of a service', () => {
  it('names it, in the characters that ECS allows', () => {
    expect(taskFamily('prod', 'shop', 'web')).toBe('prod-shop-web')
    expect(taskFamily('prod', 'shop', 'api.v2')).toMatch(/^prod-shop-api_v2-[0-9a-f]{8}$/)
  })
  it('is another one for every other stack and service', () => {
    const names = ['a', 'b', 'a-b', 'b-c', 'c', 'a_b', 'a.b', 'a-b-c']
    const families = names.flatMap(stack => names.map(service => taskFamily('i', stack, service)))
    expect(new Set(families).size).toBe(names.length ** 2)
  })
})

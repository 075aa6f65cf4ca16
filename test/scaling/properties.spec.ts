import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideScaling } from '../../shared/scaling/decide.ts'
import { stabilize } from '../../shared/scaling/stabilize.ts'
import { inputOf, NOW, policyOf, tasksOf } from './given.ts'

const value = fc.oneof(fc.double({ min: 0, max: 500, noNaN: true }), fc.constantFrom(Number.NaN, -1, Number.POSITIVE_INFINITY))
const moment = fc.constantFrom(NOW, NOW - 60_000, NOW - 3_600_000, NOW + 3_600_000, Number.NaN)
const samples = fc.array(fc.record({ task: fc.constantFrom('r0', 'r1', 'r2', 'r3', 'x'), value, at: moment }), { maxLength: 12 })
const past = fc
  .array(fc.record({ ago: fc.nat(700_000), wanted: fc.option(fc.nat(50), { nil: undefined }) }), { maxLength: 6 })
  .map(list => list.sort((a, b) => b.ago - a.ago).map(({ ago, wanted }) => ({ at: NOW - ago, ...(wanted !== undefined && { wanted }) })))
const world = fc.record({
  ready: fc.integer({ min: 0, max: 4 }),
  unready: fc.nat(3),
  current: fc.integer({ min: 1, max: 12 }),
  min: fc.integer({ min: 1, max: 4 }),
  more: fc.nat(8),
  samples,
  past,
})

describe('whatever is measured', () => {
  const decide = ({
    ready,
    unready,
    current,
    min,
    more,
    samples: list,
    past: advised,
  }: typeof world extends fc.Arbitrary<infer T> ? T : never) =>
    decideScaling(
      inputOf({
        policy: policyOf({ min, max: min + more }),
        current,
        tasks: tasksOf(ready, unready),
        readings: [{ metric: { kind: 'cpu' }, samples: list }],
        advised,
      }),
    )

  it('the count stays within min and max, and is a whole number', () => {
    fc.assert(
      fc.property(world, given => {
        const { bounded } = decide(given)
        expect(Number.isInteger(bounded) && bounded >= given.min && bounded <= given.min + given.more).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('without a single believable reading nothing is scaled down, but to the maximum', () => {
    const absurd = (list: readonly { readonly value: number; readonly at: number }[]) =>
      list.every(one => !(one.value >= 0 && Number.isFinite(one.value)) || !(Math.abs(one.at - NOW) <= 60_000))
    fc.assert(
      fc.property(world, given => {
        fc.pre(absurd(given.samples))
        const { bounded, why } = decide(given)
        expect(bounded >= Math.min(given.current, given.min + given.more)).toBe(true)
        expect(why).toMatch(/^(held|at most|at least)/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('leaving readings out never leads to fewer tasks than knowing them at their target or below', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 8 }),
        fc.nat(255),
        (_, values, mask) => {
          const all = values.map((one, index) => ({ task: `r${index}`, value: one, at: NOW }))
          const given = (list: typeof all) =>
            decideScaling(
              inputOf({ current: values.length, tasks: tasksOf(values.length), readings: [{ metric: { kind: 'cpu' }, samples: list }] }),
            ).bounded
          expect(given(all.filter((_one, index) => (mask >> index) % 2 === 0))).toBeGreaterThanOrEqual(given(all))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('case 31: stabilization only ever holds: the result lies between the present count and the fresh advice', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), past, fc.nat(600_000), fc.nat(600_000), (wanted, current, advised, up, down) => {
        const steady = stabilize(wanted, current, advised, { up, down }, NOW)
        expect(steady >= Math.min(wanted, current) && steady <= Math.max(wanted, current)).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
})

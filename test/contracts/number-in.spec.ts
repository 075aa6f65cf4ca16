import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberIn } from '../../shared/adapters/http/number-in.ts'

const PROMETHEUS = `# HELP jobs waiting
# TYPE jobs gauge
jobs{queue="mail",who="a \\"b\\" c"} 4
jobs{queue="print"} 3 1395066363000
jobs_total 1.5e3
broken line here
odd NaN
big +Inf
`

test.each([
  ['12', {}, 12],
  [' -3.5e2\n', {}, -350],
  ['{"value": 7}', {}, 7],
  [PROMETHEUS, { name: 'jobs' }, 7],
  [PROMETHEUS, { name: 'jobs', dimensions: { queue: 'mail' } }, 4],
  [PROMETHEUS, { name: 'jobs', dimensions: { who: 'a "b" c' } }, 4],
  [PROMETHEUS, { name: 'jobs_total' }, 1_500],
  ['one_metric 5\n', {}, 5],
  ['NaN', {}, Number.NaN],
  [PROMETHEUS, { name: 'odd' }, Number.NaN],
  [PROMETHEUS, { name: 'big' }, Number.POSITIVE_INFINITY],
])('%j asked for %j gives %d', (text, wanted, expected) => {
  expect(numberIn(text, wanted)).toBe(expected)
})

test.each([
  ['', {}, 'nothing'],
  ['<html>', {}, 'no number'],
  ['twelve', {}, 'no number'],
  ['{"value": "7"}', {}, 'no number `value`'],
  ['{"value"', {}, 'no number'],
  [PROMETHEUS, { name: 'absent' }, 'no metric absent'],
  [PROMETHEUS, { name: 'jobs', dimensions: { queue: 'none' } }, 'with these labels'],
  [PROMETHEUS, {}, 'none was named'],
])('%j asked for %j gives no number, and says why', (text, wanted, why) => {
  expect(numberIn(text, wanted)).toEqual({ problem: expect.stringContaining(why) })
})

test('any text gives a number or a problem, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom(PROMETHEUS, 'a{b="}"} 1', '{'.repeat(500))), text => {
      const found = numberIn(text, { name: 'jobs' })
      expect(typeof found === 'number' || found.problem.length > 0).toBe(true)
    }),
  )
})

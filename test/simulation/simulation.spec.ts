import { describe, expect, it } from 'vitest'
import { idleKinds, total } from './exercised.ts'
import type { Kind, RuleName } from './rules.ts'
import { simulate } from './simulate.ts'

const SEEDS = 100

/** Every seed of a kind; what broke, with the seed that shows it again (`npm run simulate -- --kind KIND --seed SEED --trace`). */
async function run(kind: Kind): Promise<{ readonly broken: readonly string[]; readonly counts: Readonly<Record<string, number>> }> {
  const counts: Record<string, number> = {}
  const broken: string[] = []
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await simulate({ seed, kind })
    total(counts, result.counts)
    broken.push(...result.broken.map(what => `${kind} seed ${seed}: ${what}`))
  }
  return { broken, counts }
}

describe('the functions in a world that crashes, freezes, doubles, reorders and forgets', () => {
  for (const kind of ['ecs', 'docker'] as const) {
    it(`invariants 1 to 5, 7, 11 and the rules of the core hold (${kind}, ${SEEDS} seeds)`, { timeout: 900_000 }, async () => {
      const { broken, counts } = await run(kind)
      expect(broken).toEqual([])
      expect(idleKinds(kind, counts), 'kinds of fault that never came').toEqual([])
    })

    it(`repeats itself to the letter (${kind})`, async () => {
      const first = await simulate({ seed: 11, kind, trace: true })
      const second = await simulate({ seed: 11, kind, trace: true })
      expect(second.log).toBe(first.log)
      expect(second.lines).toEqual(first.lines)
      expect(first.log.length).toBeGreaterThan(10_000)
    })
  }
})

describe('the checker bites', () => {
  /** The last is the first seed to try, where a break that is rare among the first ones is known to be near. */
  const LEFT_OUT: readonly (readonly [RuleName, Kind, RegExp, number?])[] = [
    ['nonce', 'ecs', /E2: .* left lying/],
    ['condition', 'ecs', /invariant 1/],
    ['command-ids', 'ecs', /in the log \d+ times/],
    ['tokens', 'ecs', /started twice/],
    ['router-version', 'docker', /draining and routed/, 121],
    ['as-of', 'docker', /stopped under a request/],
    ['absence', 'ecs', /invariant 7/],
    ['audit', 'docker', /the row of .* is at/],
    ['told-again', 'docker', /in the end: web: (routed|.* right)/],
    ['clock-step', 'docker', /T5/],
    ['metric-gaps', 'docker', /scaled down (while .* was missing or absurd|though .* asks for)/, 129],
    ['metric-moments', 'docker', /scaled down while .* was missing or absurd/],
  ]
  for (const [without, kind, expected, first = 1] of LEFT_OUT) {
    it(`something breaks when ${without} is left out`, { timeout: 900_000 }, async () => {
      let broken: readonly string[] = []
      for (let seed = first; seed < first + 150 && !broken.some(what => expected.test(what)); seed++)
        broken = (await simulate({ seed, kind, without })).broken
      expect(broken.join('\n')).toMatch(expected)
    })
  }
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGivenUp, noteFailure } from '../../shared/domain/restarts.ts'
import type { RestartPolicy } from '../../shared/domain/spec.ts'
import { givenService, spec, T0 } from './given.ts'

/** Which of these failures is followed by a restart. */
function restarted(policy: Partial<RestartPolicy>, replicas: number, moments: readonly number[]): readonly boolean[] {
  const whole = { condition: 'any', ...policy } as const
  let counted: { failures: readonly number[]; failed: number } = { failures: [], failed: 0 }
  return moments.map(at => {
    counted = noteFailure(counted, whole, replicas, at)
    return !isGivenUp(counted, whole, replicas)
  })
}

describe("Swarm's restart policy (swarmkit 3e72cb6)", () => {
  it.each([
    // manager/orchestrator/replicated/restart_test.go, TestOrchestratorRestartMaxAttempts: each of two slots once, then neither
    ['max_attempts 1, 2 replicas', { maxAttempts: 1 }, 2, [0, 300, 600, 900], [true, true, false, false]],
    // the same file, TestOrchestratorRestartWindow: within 500 ms no more, after them again
    ['… within 500 ms', { maxAttempts: 1, window: 500 }, 2, [0, 100, 200], [true, true, false]],
    ['… 500 ms later', { maxAttempts: 1, window: 500 }, 2, [0, 100, 700, 800], [true, true, true, true]],
    // restart.go, shouldRestart: a restart at the edge of the window is outside (timestamp.After(lookback) is false)
    ['at the edge of the window', { maxAttempts: 1, window: 500 }, 1, [0, 500, 1_000], [true, true, true]],
    ['just inside of the window', { maxAttempts: 1, window: 500 }, 1, [0, 499], [true, false]],
    ['no window: ever', { maxAttempts: 2 }, 1, [0, 1e6, 1e9], [true, true, false]],
    ['a window of 0 is none', { maxAttempts: 1, window: 0 }, 1, [0, 1e9], [true, false]],
    ['0 attempts are no limit', { maxAttempts: 0 }, 1, [0, 1, 2, 3], [true, true, true, true]],
    ['no attempts named', { window: 500 }, 1, [0, 1, 2, 3], [true, true, true, true]],
  ] as const)('%s', (_, policy, replicas, moments, expected) => {
    expect(restarted(policy, replicas, moments)).toEqual(expected)
  })

  it('with one replica is what shouldRestart says, failure by failure', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 1_000 }),
        (gaps, maxAttempts, window) => {
          let now = 0
          const moments = gaps.map(gap => (now += gap))
          const said = restarted({ maxAttempts, window }, 1, moments)
          const first = said.indexOf(false)
          const until = first < 0 ? moments.length : first + 1 // Swarm restarts nothing after it, so there is nothing to compare
          // its own list, as in restart.go: restarts that happened, those within the lookback window counted
          const restarts: number[] = []
          const swarm = moments.slice(0, until).map(at => {
            const counts = restarts.filter(restart => restart > at - window && restart < at).length < maxAttempts
            if (counts) restarts.push(at)
            return counts
          })
          expect(said.slice(0, until)).toEqual(swarm)
        },
      ),
    )
  })

  it('keeps no more moments than it needs, however long the loop', () => {
    const story = givenService().wish({ spec: spec('web', { restart: { condition: 'any', maxAttempts: 20, window: 1e9 } }) })
    for (let index = 0; index < 60; index++) story.starts([`t${index}`]).stopped(`t${index}`)
    expect(story.state.failures).toHaveLength(21)
    expect(story.state.failed).toBe(60)
  })

  it('begins anew with each wish, and does not count tasks of an older one', () => {
    const story = givenService().wish().starts(['a', 'b']).stopped('a')
    expect(story.state).toMatchObject({ failed: 1, failures: [story.at] })
    expect(story.wish({ stamp: 2, revision: 2, spec: spec('v2') }).stopped('b').state).toMatchObject({ failed: 0, failures: [], streak: 1 })
  })

  it('T5: its moments move with a stepped clock', () => {
    const story = givenService().wish().starts(['a']).stopped('a')
    const { state } = story.happened({ type: 'ClockStepped', lastTick: T0 }, 3_600_000)
    expect(state.failures).toEqual([T0 + 3_600_000])
  })
})

describe('an end with code 0 before it was ever ready', () => {
  const check = { test: ['CMD', 'true'], interval: 1_000, timeout: 1_000, retries: 1, startPeriod: 0 }
  const probes = {
    readiness: { tcp: { port: 80 }, period: 1_000, timeout: 1_000, failureThreshold: 1, successThreshold: 1, initialDelay: 0 },
  }
  it.each([
    ['any', { healthcheck: check }, 1],
    ['on-failure', { healthcheck: check }, 1],
    ['on-failure', { probes }, 1],
    ['on-failure', {}, 0],
    ['none', { healthcheck: check }, 0],
  ] as const)('field case 17: restart %s with %j: %i failures', (condition, more, failures) => {
    const story = givenService()
      .wish({ spec: spec('v2', { restart: { condition }, ...more }) })
      .starts(['a'])
      .seen('a')
      .stopped('a', 0, 5_000)
    expect(story.state.deployment!.failures).toBe(failures)
    expect(story.state.finished.ok).toBe(1 - failures)
    if (condition === 'on-failure' && failures)
      expect(story.state.deployment!.lastFailure).toBe('exited with code 0, before it was ever ready')
  })

  it('field case 17: is work done once it has been healthy', () => {
    const story = givenService().wish({ spec: spec('v2', { restart: { condition: 'on-failure' }, healthcheck: check }) })
    expect(story.starts(['a']).seen('a', { health: 'healthy' }).stopped('a', 0).state.finished.ok).toBe(1)
  })
})

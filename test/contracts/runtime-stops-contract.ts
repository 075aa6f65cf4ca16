import { describe, expect, it } from 'vitest'
import { ended, freshRequest, hasPrinted, type RuntimeHarness } from './runtime-harness.ts'

export function stopsContract(given: () => RuntimeHarness): void {
  describe('stopping', () => {
    it('asks politely first, and returns before the task has ended', async () => {
      const { runtime, programs, alive } = given()
      const request = freshRequest(given(), programs.ticker())
      await runtime.start(request)
      await hasPrinted(runtime, request.id, 'tick 1')
      await runtime.stop(request.id, { graceMs: 20_000 })
      const fact = await ended(runtime, request.id)
      expect(fact.exit).toMatchObject({ code: 0 })
      expect(await alive(request.id)).toBe(false)
    })

    it('case 23: kills what ignores its stop signal after a grace of 4 s, and says so', async () => {
      const { runtime, programs, alive, startsOf } = given()
      const request = freshRequest(given(), programs.stubborn())
      await runtime.start(request)
      await hasPrinted(runtime, request.id, 'ready')
      const asked = Date.now()
      await runtime.stop(request.id, { graceMs: 4_000 })
      expect(await alive(request.id)).toBe(true) // the grace is not waited for
      const fact = await ended(runtime, request.id)
      const took = Date.now() - asked
      expect(took).toBeGreaterThan(3_000)
      expect(took).toBeLessThan(9_000) // ten seconds are an engine's own
      expect(fact.exit).toMatchObject({ code: 137, reason: 'killed after its grace period of 4 s' })
      expect(fact.exit!.oomKilled ?? false).toBe(false)
      expect(await alive(request.id)).toBe(false)
      expect(await startsOf(request.id)).toBe(1)
    })

    it('takes a second stop, a stop of what has ended and one of what never was for no error', async () => {
      const { runtime, programs } = given()
      const request = freshRequest(given(), programs.ticker())
      await runtime.start(request)
      await Promise.all([runtime.stop(request.id, { graceMs: 5_000 }), runtime.stop(request.id, { graceMs: 5_000 })])
      const fact = await ended(runtime, request.id)
      await runtime.stop(request.id, { graceMs: 5_000 })
      await runtime.stop('web-1-0000000000000000', { graceMs: 5_000 })
      expect(await runtime.lookup(request.id)).toEqual(fact)
    })

    it('E3: never starts again what was stopped, however late the start is repeated', async () => {
      const { runtime, programs, alive, startsOf } = given()
      const request = freshRequest(given(), programs.ticker())
      await runtime.start(request)
      const [, late] = await Promise.all([runtime.stop(request.id, { graceMs: 5_000 }), runtime.start(request)])
      expect(['running', 'stopped']).toContain(late.state)
      await ended(runtime, request.id)
      expect(await runtime.start(request)).toMatchObject({ state: 'stopped' })
      expect(await alive(request.id)).toBe(false)
      expect(await startsOf(request.id)).toBe(1)
    })

    it('collects what ended before a moment, and nothing that runs', async () => {
      const { runtime, programs, alive } = given()
      const gone = freshRequest(given(), programs.exits({ code: 0, afterMs: 0 }))
      const kept = freshRequest(given(), programs.ticker())
      await Promise.all([runtime.start(gone), runtime.start(kept)])
      const { exit } = await ended(runtime, gone.id)
      await runtime.collect(exit!.at! - 1_000)
      expect(await runtime.lookup(gone.id)).toMatchObject({ state: 'stopped' })
      await runtime.collect(exit!.at! + 1_000)
      expect(await runtime.lookup(gone.id)).toBeUndefined()
      expect((await runtime.list()).map(seen => seen.id)).not.toContain(gone.id)
      expect(await alive(kept.id)).toBe(true)
      expect(await runtime.lookup(kept.id)).toMatchObject({ state: 'running' })
      await runtime.stop(kept.id, { graceMs: 5_000 })
    })
  })
}

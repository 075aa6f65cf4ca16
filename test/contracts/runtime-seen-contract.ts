import { describe, expect, it } from 'vitest'
import type { Seen } from '../../shared/domain/fact.ts'
import { eventually } from './eventually.ts'
import { ended, freshRequest, type RuntimeHarness } from './runtime-harness.ts'

export function seenContract(given: () => RuntimeHarness): void {
  describe('what is seen', () => {
    it('tells how a task ended by itself', async () => {
      const { runtime, programs } = given()
      const begun = Date.now()
      const request = freshRequest(given(), programs.exits({ code: 3, afterMs: 100 }))
      const started = await runtime.start(request)
      const fact = await ended(runtime, request.id)
      expect(fact.exit).toMatchObject({ code: 3, reason: 'exited with code 3' })
      expect(Math.abs(fact.exit!.at! - begun)).toBeLessThan(30_000)
      expect(fact.seen).toBeGreaterThan(started.seen)
    })

    it('knows nothing of an id that never was', async () => {
      expect(await given().runtime.lookup('web-1-0000000000000000')).toBeUndefined()
    })

    it('E6: tells the same fact with the same order, asked twice or listed', async () => {
      const { runtime, programs } = given()
      const request = freshRequest(given(), programs.exits({ code: 0, afterMs: 0 }))
      await runtime.start(request)
      const fact = await ended(runtime, request.id)
      expect(await runtime.lookup(request.id)).toEqual(fact)
      const listed = (await runtime.list()).find(seen => seen.id === request.id)!
      expect(listed).toMatchObject({ state: 'stopped', seen: fact.seen, runtimeId: fact.runtimeId })
    })

    it('E7: lists every task of its installation with its stream and intent, and none of another', async () => {
      const { runtime, programs, reopen } = given()
      const running = freshRequest(given(), programs.server())
      const over = freshRequest(given(), programs.exits({ code: 1, afterMs: 0 }))
      const started = await runtime.start(running)
      await runtime.start(over)
      await ended(runtime, over.id)
      const listed = await runtime.list()
      const find = (id: string): Seen | undefined => listed.find(seen => seen.id === id)
      expect(find(running.id)).toMatchObject({
        state: 'running',
        stream: running.stream,
        intent: running.intent,
        addresses: started.addresses,
      })
      expect(find(over.id)).toMatchObject({ state: 'stopped', stream: over.stream, intent: over.intent })
      const other = await reopen('another')
      expect((await other.list()).map(seen => seen.id)).not.toContain(running.id)
      await runtime.stop(running.id, { graceMs: 5_000 })
    })

    it('watches tasks start, end by themselves and be killed from outside, until it is closed', async () => {
      const { runtime, programs, kill } = given()
      const told: Seen[] = []
      const watching = runtime.watch(seen => told.push(seen))
      const hears = (id: string, state: string) =>
        eventually(`${id} is told as ${state}`, () => told.find(seen => seen.id === id && seen.state === state))
      try {
        const over = freshRequest(given(), programs.exits({ code: 5, afterMs: 300 }))
        const killed = freshRequest(given(), programs.ticker())
        await Promise.all([runtime.start(over), runtime.start(killed)])
        await hears(killed.id, 'running')
        expect(await hears(over.id, 'stopped')).toMatchObject({ stream: over.stream, intent: over.intent, exit: { code: 5 } })
        const at = Date.now()
        await kill(killed.id)
        const seen = await hears(killed.id, 'stopped')
        expect(Date.now() - at).toBeLessThan(3_000)
        expect(seen.exit).toMatchObject({ reason: 'killed by SIGKILL' })
        expect(await runtime.lookup(killed.id)).toMatchObject({ state: 'stopped', exit: { code: seen.exit!.code } })
      } finally {
        watching.close()
      }
      const count = told.length
      const later = freshRequest(given(), programs.exits({ code: 0, afterMs: 0 }))
      await runtime.start(later)
      await ended(runtime, later.id)
      expect(told.length).toBe(count)
    })

    it('tells a second watcher of a restarted host about tasks that the first one started', async () => {
      const { runtime, programs, kill, reopen } = given()
      const request = freshRequest(given(), programs.ticker())
      await runtime.start(request)
      const told: Seen[] = []
      const watching = (await reopen()).watch(seen => told.push(seen))
      try {
        await eventually('the watch tells of the running task', () => told.some(seen => seen.id === request.id && seen.state === 'running'))
        await kill(request.id)
        await eventually('the watch tells of its end', () => told.some(seen => seen.id === request.id && seen.state === 'stopped'))
      } finally {
        watching.close()
      }
    })
  })
}

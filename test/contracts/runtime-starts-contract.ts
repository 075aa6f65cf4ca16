import { describe, expect, it } from 'vitest'
import { secretReference } from '../../shared/domain/secret-text.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { eventually } from './eventually.ts'
import { ended, freshRequest, hasPrinted, type RuntimeHarness } from './runtime-harness.ts'

const answerOf = (url: string): Promise<string> =>
  eventually(`${url} answers`, async () => {
    const response = await fetch(url)
    return response.ok && (await response.text()).trim()
  })

export function startsContract(given: () => RuntimeHarness): void {
  describe('starting', () => {
    it('E2: has nothing to wait for when a start could follow now', async () => {
      expect(await given().runtime.prepare(given().programs.server())).toBeUndefined()
    })

    it('starts a task that is reached at its address and knows who it is', async () => {
      const { runtime, programs, alive, startsOf } = given()
      const request = freshRequest(given(), programs.server())
      const fact = await runtime.start(request)
      expect(fact).toMatchObject({ id: request.id, state: 'running', runtime: runtime.name })
      const { host, port } = fact.addresses!['3000/tcp']!
      expect(await answerOf(`http://${host}:${port}/`)).toBe(`web.${request.number}`)
      expect(await alive(request.id)).toBe(true)
      expect(await startsOf(request.id)).toBe(1)
      await runtime.stop(request.id, { graceMs: 5_000 })
    })

    it('gives two tasks of one service an address each', async () => {
      const { runtime, programs } = given()
      const requests = [freshRequest(given(), programs.server()), freshRequest(given(), programs.server())]
      const facts = await Promise.all(requests.map(request => runtime.start(request)))
      const urls = facts.map(fact => `http://${fact.addresses!['3000/tcp']!.host}:${fact.addresses!['3000/tcp']!.port}/`)
      expect(await Promise.all(urls.map(answerOf))).toEqual(requests.map(request => `web.${request.number}`))
      await Promise.all(requests.map(request => runtime.stop(request.id, { graceMs: 5_000 })))
    })

    it('E3: starts one program for 20 requests at once', async () => {
      const { runtime, programs, startsOf } = given()
      const request = freshRequest(given(), programs.ticker())
      const facts = await Promise.all(Array.from({ length: 20 }, () => runtime.start(request)))
      expect(new Set(facts.map(fact => `${fact.state} ${fact.runtimeId}`)).size).toBe(1)
      expect(facts[0]!.state).toBe('running')
      expect(await startsOf(request.id)).toBe(1)
      await runtime.stop(request.id, { graceMs: 5_000 })
    })

    it('E1: answers a task that has ended as it is, and does not start it again', async () => {
      const { runtime, programs, startsOf, reopen } = given()
      const request = freshRequest(given(), programs.exits({ code: 4, afterMs: 0 }))
      await runtime.start(request)
      await ended(runtime, request.id)
      expect(await runtime.start(request)).toMatchObject({ state: 'stopped', exit: { code: 4 } })
      expect(await (await reopen()).start(request)).toMatchObject({ state: 'stopped', exit: { code: 4 } })
      expect(await startsOf(request.id)).toBe(1)
    })

    it('adopts a running task after a restart of the host', async () => {
      const { runtime, programs, reopen, alive, startsOf } = given()
      const request = freshRequest(given(), programs.ticker())
      const fact = await runtime.start(request)
      const second = await reopen()
      expect(await second.lookup(request.id)).toMatchObject({ state: 'running', runtimeId: fact.runtimeId, seen: fact.seen })
      expect(await second.start(request)).toMatchObject({ state: 'running', runtimeId: fact.runtimeId })
      expect(await startsOf(request.id)).toBe(1)
      await second.stop(request.id, { graceMs: 5_000 })
      await ended(second, request.id)
      expect(await alive(request.id)).toBe(false)
    })

    it('refuses a command that does not exist as the fault of the revision', async () => {
      const { runtime, programs, alive } = given()
      const request = freshRequest(given(), programs.missing())
      const fact = await runtime.start(request)
      expect(fact).toMatchObject({ id: request.id, state: 'refused', refusal: { kind: 'revision' } })
      expect(fact.refusal!.message).not.toBe('')
      expect(await alive(request.id)).toBe(false)
    })

    it('M3: puts secret values in the place of their references, in the middle of a text too', async () => {
      const { runtime, programs, putSecret } = given()
      const version = await putSecret('shop', 'db-password', 'p$&ss wörd')
      const spec = programs.exits({ code: 0, afterMs: 0, prints: `url=db://u:${secretReference('db-password')}@db\n` })
      const request = freshRequest(given(), { ...spec, secrets: { 'db-password': version } })
      await runtime.start(request)
      await hasPrinted(runtime, request.id, 'url=db://u:p$&ss wörd@db')
    })

    it('M3: refuses a task whose secret is gone, and starts nothing', async () => {
      const { runtime, programs, startsOf } = given()
      const spec = programs.exits({ code: 0, afterMs: 0, prints: secretReference('gone') })
      const withSecret: ServiceSpec = { ...spec, secrets: { gone: { version: 7, hash: 'x' } } }
      const request = freshRequest(given(), withSecret)
      const fact = await runtime.start(request)
      expect(fact).toMatchObject({ state: 'refused', refusal: { kind: 'revision' } })
      expect(fact.refusal!.message).toContain('gone')
      expect(await startsOf(request.id)).toBe(0)
    })
  })
}

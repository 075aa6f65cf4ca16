import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Http2Requests } from '../../shared/adapters/proxy/http2-frames.ts'
import { RequestRate } from '../../shared/adapters/proxy/request-rate.ts'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, until } from './servers.ts'

afterEach(closeAll)

describe('requests per second', () => {
  test('a steady stream reads as its rate, at every moment and however it began', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 5, max: 90 }),
        (rate, start, seconds) => {
          const measured = new RequestRate(30_000, start)
          const gap = 1_000 / rate
          for (let at = start + gap; at <= start + seconds * 1_000; at += gap) measured.count(at)
          // One request more or less fits the window's edges.
          expect(Math.abs(measured.perSecond(start + seconds * 1_000)! - rate)).toBeLessThanOrEqual(1.1 / Math.min(seconds, 29))
        },
      ),
    )
  })

  test('is unknown at first, follows a change within the window, and falls to zero after it', () => {
    const measured = new RequestRate(30_000, 0)
    expect(measured.perSecond(999)).toBeUndefined()
    for (let at = 100; at <= 30_000; at += 100) measured.count(at)
    expect(measured.perSecond(30_000)).toBeCloseTo(10, 0)
    expect(measured.perSecond(45_000)).toBeCloseTo(5, 0)
    expect(measured.perSecond(60_001)).toBe(0)
    expect(measured.perSecond(1e9)).toBe(0)
  })

  test('a clock that stands still or is read out of order never gives a negative or infinite rate', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 50 }), moments => {
        const measured = new RequestRate(30_000, 0)
        for (const at of moments) measured.count(at)
        const rate = measured.perSecond(Math.max(1_000, ...moments))
        expect(rate === undefined || (rate >= 0 && Number.isFinite(rate))).toBe(true)
      }),
    )
  })
})

describe('the router’s load of a stream', () => {
  test('counts requests, not open WebSockets, which are told apart', async () => {
    const router = startRouter({ rateWindowMs: 3_000 })
    const published = await freePort()
    const running = await httpTarget('t1', (_, res) => res.end('ok'))
    new WebSocketServer({ server: running.server }).on('connection', () => undefined)
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const socket = new WebSocket(`ws://127.0.0.1:${published}/`)
    await new Promise(resolve => socket.once('open', resolve))
    await until('a rate is known', () => router.load(STREAM).perSecond !== undefined)
    expect(router.load(STREAM)).toEqual({ open: 1, perSecond: 0 })
    for (let i = 0; i < 10; i++) await ask(published)
    expect(router.load(STREAM).perSecond).toBeGreaterThan(3)
    expect(router.load(STREAM).open).toBe(1)
    socket.terminate()
    await until('nothing open', () => router.load(STREAM).open === 0)
    await until('zero again', () => router.load(STREAM).perSecond === 0)
  })

  test('a refused upgrade is a request; what a target had that left meanwhile still counts', async () => {
    const router = startRouter({ rateWindowMs: 3_000 })
    const published = await freePort()
    const [old, young] = [await httpTarget('old', (_, res) => res.end()), await httpTarget('young', (_, res) => res.end())]
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [old.target] })
    await ask(published, { headers: { connection: 'upgrade', upgrade: 'none-such' } })
    await until('counted', () => (router.load(STREAM).perSecond ?? 0) > 0)
    await router.apply(STREAM, 2, { fronts: [front(published)], targets: [young.target] })
    const before = router.load(STREAM).perSecond!
    await ask(published)
    expect(router.load(STREAM).perSecond).toBeGreaterThan(before)
  })
})

test('HTTP/2: each new stream’s headers are a request, trailers and other frames are not, however they are cut', () => {
  const frame = (type: number, stream: number, body: number) => {
    const head = Buffer.alloc(9 + body)
    head.writeUIntBE(body, 0, 3)
    head[3] = type
    head.writeUInt32BE(stream, 5)
    return head
  }
  const sent = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(0x4, 0, 18),
    frame(0x1, 1, 30),
    frame(0x0, 1, 700),
    frame(0x1, 1, 12),
    frame(0x1, 3, 5),
    frame(0x6, 0, 8),
    frame(0x1, 7, 0),
  ])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 })), cuts => {
      let count = 0
      const requests = new Http2Requests(() => count++)
      let at = 0
      for (const size of [...cuts, sent.length]) {
        requests.push(sent.subarray(at, at + size))
        at += size
      }
      expect(count).toBe(3)
    }),
  )
})

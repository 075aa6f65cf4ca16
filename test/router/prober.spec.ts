import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, test } from 'vitest'
import { createProber } from '../../shared/adapters/proxy/prober.ts'
import { closeAll, freePort, hangingPort, httpTarget, tcpTarget } from './servers.ts'

afterEach(closeAll)

const prober = createProber()
/** What a busy machine may take longer, in milliseconds: far less than an attempt that is not cut short (10 s) or a patience that is waited out. */
const BUSY = 4_000
const at = (port: number) => ({ host: '127.0.0.1', port })

async function timed<T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const startedAt = performance.now()
  return { result: await work, ms: performance.now() - startedAt }
}

describe('M7: layer 7', () => {
  test.each([200, 404, 500, 204])('any response will do: %i', async status => {
    const running = await httpTarget('t', (_, res) => res.writeHead(status).end())
    expect(await prober.answers(at(running.port), 'http', 0)).toBe(true)
  })

  test('a response that never ends will do', async () => {
    const running = await httpTarget('t', (_, res) => void res.write('begin'))
    expect(await prober.answers(at(running.port), 'http', 0)).toBe(true)
  })

  test('what does not speak HTTP, or closes at once, does not answer', async () => {
    const banner = await tcpTarget('t', socket => socket.end('220 hello\r\n'))
    const closing = await tcpTarget('t', socket => socket.destroy())
    expect(await prober.answers(at(banner.port), 'http', 100)).toBe(false)
    expect(await prober.answers(at(closing.port), 'http', 100)).toBe(false)
  })

  test('one that begins to listen later is found soon', async () => {
    const port = await freePort()
    const server = createServer((_, res) => res.end())
    setTimeout(() => server.listen(port, '127.0.0.1'), 300)
    const { result, ms } = await timed(prober.answers(at(port), 'http', 20_000))
    expect(result).toBe(true)
    expect(ms).toBeGreaterThan(290)
    expect(ms).toBeLessThan(300 + BUSY)
    await new Promise(resolve => server.close(resolve))
  })

  test('one that accepts and says nothing costs little more than the patience', async () => {
    const silent = await tcpTarget('t', socket => socket.resume())
    for (const patience of [0, 300, 800]) {
      const { result, ms } = await timed(prober.answers(at(silent.port), 'http', patience))
      expect(result).toBe(false)
      expect(ms).toBeGreaterThanOrEqual(Math.min(patience, 100))
      expect(ms).toBeLessThan(patience + 500 + BUSY)
    }
  })

  test('an address that nothing comes back from costs little more either', async () => {
    const port = await hangingPort()
    for (const layer of ['http', 'tcp'] as const) {
      const { result, ms } = await timed(prober.answers(at(port), layer, 200))
      expect(result).toBe(false)
      expect(ms).toBeLessThan(700 + BUSY)
    }
  })
})

describe('M7: layer 4', () => {
  test('a connection that stays open answers, after 200 ms', async () => {
    const running = await tcpTarget('t', socket => socket.resume())
    const { result, ms } = await timed(prober.answers(at(running.port), 'tcp', 0))
    expect(result).toBe(true)
    expect(ms).toBeGreaterThan(190)
    expect(ms).toBeLessThan(200 + BUSY)
  })

  test.each(['end', 'destroy', 'resetAndDestroy'] as const)('one that is accepted and then closed (%s) does not', async how => {
    const running = await tcpTarget('t', socket => setTimeout(() => socket[how](), 30))
    const { result, ms } = await timed(prober.answers(at(running.port), 'tcp', 400))
    expect(result).toBe(false)
    expect(ms).toBeLessThan(900 + BUSY)
  })

  test('a refused one does not', async () => {
    const { result, ms } = await timed(prober.answers(at(await freePort()), 'tcp', 300))
    expect(result).toBe(false)
    expect(ms).toBeLessThan(300 + BUSY)
  })
})

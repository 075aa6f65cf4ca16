import { request } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { frameBoundary } from '../../shared/adapters/proxy/web-socket-frames.ts'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, until } from './servers.ts'

afterEach(closeAll)

async function echoing(id: string) {
  const running = await httpTarget(id, (_, res) => res.end(`${id} in plain`))
  const sockets = new WebSocketServer({ server: running.server })
  sockets.on('connection', socket => {
    socket.on('error', () => undefined)
    socket.on('message', (data, isBinary) => socket.send(isBinary ? data : `${id} ${data}`))
  })
  return { ...running, sockets }
}

const opened = (socket: WebSocket) => new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
const nextMessage = (socket: WebSocket) => new Promise<string>(resolve => socket.once('message', data => resolve(String(data))))
const closed = (socket: WebSocket) => new Promise<number>(resolve => socket.once('close', resolve))

describe('WebSockets', () => {
  test('pass both ways, big frames too, and count as open', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await echoing('t1')
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const socket = new WebSocket(`ws://127.0.0.1:${published}/path`)
    await opened(socket)
    const answer = nextMessage(socket)
    socket.send('hello')
    expect(await answer).toBe('t1 hello')
    const big = Buffer.alloc(3_000_000, 'y')
    const echo = new Promise<Buffer>(resolve => socket.once('message', data => resolve(data as Buffer)))
    socket.send(big)
    expect((await echo).equals(big)).toBe(true)
    expect(router.counters(STREAM)).toMatchObject({ open: 1, targets: { t1: { open: 1 } } })
    const end = closed(socket)
    socket.close(4001)
    expect(await end).toBe(4001)
    await until('nothing open', () => router.counters(STREAM).open === 0 && router.counters(STREAM).targets['t1']!.open === 0)
  })

  test('field case 29: live on at a target that left, which stays visible; release sends close frame 1001', async () => {
    const lines: string[] = []
    const router = startRouter({ accessLog: line => lines.push(line) })
    const published = await freePort()
    const [old, young] = [await echoing('old'), await echoing('young')]
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [old.target] })
    const socket = new WebSocket(`ws://127.0.0.1:${published}/`)
    await opened(socket)
    await router.apply(STREAM, 2, { fronts: [front(published)], targets: [young.target] })
    const answer = nextMessage(socket)
    socket.send('still there?')
    expect(await answer).toBe('old still there?')
    expect((await ask(published)).body).toBe('young in plain')
    expect(await router.targets(STREAM, [])).toEqual(['old', 'young'])
    const end = closed(socket)
    router.release(STREAM, 'old')
    expect(await end).toBe(1001)
    await until('old is gone', async () => (await router.targets(STREAM, [])).join() === 'young')
    await until('old’s socket closed', () => old.sockets.clients.size === 0)
    await until('logged', () => lines.some(line => JSON.parse(line).status === 101))
  })

  test('release closes without a frame while the target is in the middle of one', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await httpTarget('t1', (_, res) => res.end())
    // Half a text frame of 5 bytes.
    running.server.on('upgrade', (_, socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.write(Uint8Array.of(0x81, 5, 0x68, 0x65))
    })
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const got: Buffer[] = []
    const client = connect(published, '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    client.on('data', chunk => got.push(chunk))
    await until('half a frame', () => Buffer.concat(got).toString('latin1').endsWith('he'))
    const end = new Promise(resolve => client.on('close', resolve))
    router.release(STREAM, 't1')
    await end
    expect(Buffer.concat(got).toString('latin1').endsWith('he')).toBe(true)
  })

  test('a client that vanishes ends the target’s side, and a target that dies ends the client’s', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await echoing('t1')
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const one = new WebSocket(`ws://127.0.0.1:${published}/`)
    await opened(one)
    one.terminate()
    await until('target’s side is closed', () => running.sockets.clients.size === 0)
    const two = new WebSocket(`ws://127.0.0.1:${published}/`)
    two.on('error', () => undefined)
    await opened(two)
    const end = closed(two)
    await running.destroy()
    expect(await end).toBe(1006)
  })
})

describe('other upgrades', () => {
  test('any protocol passes, and bytes sent too early are not lost', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await httpTarget('t1', (_, res) => res.end())
    running.server.on('upgrade', (req, socket, head) => {
      socket.write(`HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: ${req.headers.upgrade}\r\n\r\nfirst `)
      socket.write(head)
      socket.pipe(socket)
    })
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    let got = ''
    const client = connect(published, '127.0.0.1')
    client.write('GET /raw HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ')
    client.on('data', chunk => {
      got += chunk
    })
    await until('echo', () => got.endsWith('first early '))
    expect(got).toMatch(/^HTTP\/1\.1 101 Fine\r\n/)
    expect(got).toMatch(/X-Request-ID: /)
    client.end('last')
    await until('half-close passes', () => got.endsWith('last'))
  })

  test('a refused upgrade gives the target’s answer, however big, and ends', async () => {
    const router = startRouter()
    const published = await freePort()
    const body = 'n'.repeat(2_000_000)
    const running = await httpTarget('t1', (_, res) => res.writeHead(403).end(body))
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const answer = await ask(published, { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } })
    expect([answer.status, answer.body.length]).toEqual([403, body.length])
    expect(answer.headers.connection).toBe('close')
    await until('nothing open', () => router.counters(STREAM).open === 0 && router.counters(STREAM).targets['t1']!.open === 0)
  })

  test('HTTP/2 in clear text is not offered: the request is an ordinary one, its body too', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await httpTarget('t1', (req, res) => req.pipe(res))
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'x' }
    expect((await ask(published, { method: 'POST', headers, body: 'posted' })).body).toBe('posted')
  })

  test('without a target an upgrade gets 503, and with one that breaks off 502', async () => {
    const router = startRouter({ waitMs: 50 })
    const published = await freePort()
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [] })
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
    expect((await ask(published, { headers })).status).toBe(503)
    const running = await httpTarget('t1', (_, res) => res.end())
    running.server.on('upgrade', (_, socket) => socket.destroy())
    await router.apply(STREAM, 2, { fronts: [front(published)], targets: [running.target] })
    expect((await ask(published, { headers })).status).toBe(502)
  })

  test('a closed router leaves no upgraded connection behind', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await echoing('t1')
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const socket = new WebSocket(`ws://127.0.0.1:${published}/`)
    await opened(socket)
    const end = closed(socket)
    await router.close()
    expect(await end).toBe(1006)
    await expect(new Promise((_, reject) => request({ port: published, host: '127.0.0.1' }).on('error', reject).end())).rejects.toThrow(
      'ECONNREFUSED',
    )
  })
})

test('finds the boundaries of any frames, however they are cut', () => {
  const frame = fc.record({ length: fc.constantFrom(0, 1, 125, 126, 200, 65_535, 65_536, 70_000), isMasked: fc.boolean() })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 80_000 }), { minLength: 1 }), (frames, cuts) => {
      const boundary = frameBoundary()
      const ends = new Set([0])
      const bytes = Buffer.concat(
        frames.map(({ length, isMasked }) => {
          const mask = isMasked ? 0x80 : 0
          const head = length < 126 ? [length | mask] : length < 65_536 ? [126 | mask, length >> 8, length & 255] : eight(length, mask)
          return Buffer.concat([Uint8Array.of(0x82, ...head), Buffer.alloc(length + (isMasked ? 4 : 0), 0x81)])
        }),
      )
      let end = 0
      for (const { length, isMasked } of frames) {
        end += 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8) + (isMasked ? 4 : 0) + length
        ends.add(end)
      }
      for (let at = 0, cut = 0; at < bytes.length; cut++) {
        const next = Math.min(bytes.length, at + cuts[cut % cuts.length]!)
        boundary.push(bytes.subarray(at, next))
        at = next
        if (boundary.isBetween !== ends.has(at)) return false
      }
      return boundary.isBetween
    }),
    { numRuns: 200 },
  )
})

const eight = (length: number, mask: number) => [127 | mask, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]

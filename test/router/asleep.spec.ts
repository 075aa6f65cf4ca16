import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Sleep } from '../../shared/adapters/proxy/sleep.ts'
import type { Front, Target } from '../../shared/ports/router.ts'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, tcpTarget, until } from './servers.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await closeAll()
})

const ASLEEP = { most: 1_000, waitMs: 10_000 }

/** A stream that sleeps behind one front, and how often its waking was asked for. */
async function sleeping(asleep = ASLEEP, layer: Front['layer'] = 'http', protocol: Front['protocol'] = 'tcp') {
  const demands: string[] = []
  const router = startRouter({ onDemand: stream => demands.push(stream), waitMs: 100 })
  const published = await freePort()
  const fronts = [front(published, layer, { protocol })]
  await router.apply(STREAM, 1, { fronts, targets: [], asleep })
  const wakeAt = (version: number, ...targets: Target[]) => router.apply(STREAM, version, { fronts, targets })
  const held = (count: number) => until(`${count} held`, () => router.counters(STREAM).waiting === count)
  return { router, published, fronts, demands, wakeAt, held }
}

const echo = (id: string) => httpTarget(id, (req, res) => req.pipe(res))

describe('a stream that sleeps', () => {
  test('50 first requests at once: one demand, each answered with its own body when the first target comes', async () => {
    const { router, published, demands, wakeAt, held } = await sleeping()
    const asked = Array.from({ length: 50 }, (_, i) => ask(published, { method: 'POST', body: `${i}` }))
    await held(50)
    expect(demands).toEqual([STREAM])
    await wakeAt(2, (await echo('t1')).target)
    expect((await Promise.all(asked)).map(({ status, body }) => `${status} ${body}`)).toEqual(asked.map((_, i) => `200 ${i}`))
    expect(router.counters(STREAM)).toMatchObject({ requests: 50, waiting: 0, open: 0, errors: 0 })
  })

  test('asks again at the next version at which it still sleeps, and not while it wakes', async () => {
    const { router, published, fronts, demands, wakeAt, held } = await sleeping()
    const asked = ask(published)
    await held(1)
    await router.apply(STREAM, 2, { fronts, targets: [], asleep: ASLEEP })
    await until('asked again', () => demands.length === 2)
    await wakeAt(3)
    await held(1)
    expect(demands).toHaveLength(2)
    await wakeAt(4, (await echo('t1')).target)
    expect((await asked).status).toBe(200)
  })

  test('a demand that nothing came of is repeated after 5 s, for those who come then', () => {
    const sleep = new Sleep()
    sleep.apply(7, { fronts: [front(1)], targets: [], asleep: ASLEEP })
    expect([0, 1, 4_999, 5_000, 5_001, 10_000].map(now => sleep.demand(now))).toEqual([true, false, false, true, false, true])
    sleep.apply(8, { fronts: [front(1)], targets: [] })
    expect(sleep.demand(20_000)).toBe(false)
  })

  test('its wait goes on while it wakes, beyond what an awake stream’s request is given', async () => {
    const { published, wakeAt, held } = await sleeping()
    const asked = ask(published)
    await held(1)
    await wakeAt(2)
    await new Promise(resolve => setTimeout(resolve, 250))
    const late = ask(published) // came while it wakes
    await held(2)
    await wakeAt(3, (await echo('t1')).target)
    expect([(await asked).status, (await late).status]).toEqual([200, 200])
  })

  test('when no target comes in time: 503 with Retry-After and the reason', async () => {
    const { published } = await sleeping({ most: 10, waitMs: 100 })
    const answer = await ask(published, { method: 'POST', body: 'x'.repeat(300_000) })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
    expect(JSON.parse(answer.body)).toMatchObject({
      error: 'web was scaled to zero, and no task of web became ready in time to answer',
      stack: 'shop',
      service: 'web',
    })
  })

  test('the queue is bounded by the service’s own setting: the next one gets 503 at once', async () => {
    const { published, wakeAt, held } = await sleeping({ most: 2, waitMs: 10_000 })
    const waiting = [ask(published), ask(published)]
    await held(2)
    const answer = await ask(published)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
    expect(answer.body).toContain('too many requests wait')
    await wakeAt(2, (await echo('t1')).target)
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  })

  test('a body is not read before a target is there, but for what its buffers hold, and arrives whole', async () => {
    const { published, wakeAt, held } = await sleeping()
    const size = 60_000_000
    let received = 0
    const counting = await httpTarget('t1', (req, res) => {
      req.on('data', chunk => {
        received += chunk.length
      })
      req.on('end', () => res.end('done'))
    })
    const sent = request({ host: '127.0.0.1', port: published, method: 'POST', agent: false, headers: { 'content-length': size } })
    const status = new Promise(resolve => sent.on('response', response => resolve(response.statusCode)))
    sent.end(Buffer.alloc(size))
    await held(1)
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(sent.socket!.writableLength).toBeGreaterThan(size / 2)
    await wakeAt(2, counting.target)
    expect([await status, received]).toEqual([200, size])
  })
})

describe('who leaves while it sleeps gives up its place', () => {
  test('HTTP/1, WebSocket, HTTP/2 and a TCP connection that breaks off', async () => {
    const { router, published, held } = await sleeping()
    const plain = request({ host: '127.0.0.1', port: published, agent: false }).on('error', () => undefined)
    plain.end()
    await held(1)
    plain.destroy()
    await held(0)
    const socket = new WebSocket(`ws://127.0.0.1:${published}/`).on('error', () => undefined)
    await held(1)
    socket.terminate()
    await held(0)
    const session = connectHttp2(`http://127.0.0.1:${published}`).on('error', () => undefined)
    session.request({ ':path': '/' }).on('error', () => undefined)
    await held(1)
    session.destroy()
    await held(0)
    expect(router.counters(STREAM)).toMatchObject({ open: 0, errors: 0 })
    const layer4 = await sleeping(ASLEEP, 'tcp')
    const connection = connect(layer4.published, '127.0.0.1')
    connection.write('some bytes')
    await layer4.held(1)
    connection.resetAndDestroy()
    await layer4.held(0)
  })
})

describe('every kind of traffic wakes it and is then served', () => {
  test('a WebSocket, with what its client sent early', async () => {
    const { published, demands, wakeAt, held } = await sleeping()
    const running = await httpTarget('t1', (_, res) => res.end())
    const server = new WebSocketServer({ server: running.server })
    server.on('connection', socket => socket.on('message', data => socket.send(`t1 ${data}`)))
    const socket = new WebSocket(`ws://127.0.0.1:${published}/`)
    const answer = new Promise<string>(resolve => socket.once('message', data => resolve(String(data))))
    socket.on('open', () => socket.send('hello'))
    await held(1)
    await wakeAt(2, running.target)
    expect([await answer, demands]).toEqual(['t1 hello', [STREAM]])
    socket.terminate()
  })

  test('HTTP/2 with prior knowledge: served, or refused with 503 on each stream', async () => {
    const server = createHttp2Server((_, response) => void response.end('t1'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => server.close())
    const target = { id: 't1', addresses: { '3000/tcp': { host: '127.0.0.1', port: (server.address() as AddressInfo).port } } }
    const get = (port: number) => {
      const session = connectHttp2(`http://127.0.0.1:${port}`)
      ends.push(() => session.destroy())
      const one = () =>
        new Promise<string>((resolve, reject) => {
          const stream = session.request({ ':path': '/' })
          let [head, body] = ['', '']
          stream.on('response', headers => {
            head = `${headers[':status']} ${headers['retry-after'] ?? ''}`
          })
          stream.on('data', chunk => {
            body += chunk
          })
          stream.on('error', reject)
          stream.on('end', () => resolve(`${head} ${body}`.trim()))
        })
      return Promise.all([one(), one()])
    }
    const served = await sleeping()
    const answers = get(served.published)
    await served.held(1)
    expect(served.demands).toEqual([STREAM])
    await served.wakeAt(2, target)
    expect(await answers).toEqual(['200  t1', '200  t1'])
    await until('both counted', () => (served.router.load(STREAM).perSecond ?? 0) > 0, 3_000)
    const refused = await sleeping({ most: 5, waitMs: 100 })
    for (const answer of await get(refused.published)) expect(answer).toMatch(/^503 1 .*was scaled to zero/)
    await until('over', () => refused.router.counters(STREAM).open === 0)
  })

  test('a TCP connection, with its first bytes and its end', async () => {
    const { published, demands, wakeAt, held } = await sleeping(ASLEEP, 'tcp')
    const upper = await tcpTarget('t1', socket => {
      let text = ''
      socket.on('data', chunk => {
        text += chunk
      })
      socket.on('end', () => socket.end(text.toUpperCase()))
    })
    const client = connect({ port: published, host: '127.0.0.1', allowHalfOpen: true })
    let answer = ''
    client.on('data', chunk => {
      answer += chunk
    })
    client.end('hello')
    await held(1)
    await wakeAt(2, upper.target)
    await new Promise(resolve => client.once('end', resolve))
    expect([answer, demands]).toEqual(['HELLO', [STREAM]])
  })

  test('a datagram, though it is lost', async () => {
    const { published, demands } = await sleeping(ASLEEP, 'tcp', 'udp')
    const client = createSocket('udp4')
    ends.push(() => client.close())
    await until('asked for', () => {
      client.send('hello', published, '127.0.0.1')
      return demands.length > 0
    })
    expect(demands).toEqual([STREAM])
  })
})

import { type ClientHttp2Session, connect, createServer, type Http2Server } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Http2Boundary, NO_MORE_REQUESTS } from '../../shared/adapters/proxy/http2-frames.ts'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, until } from './servers.ts'

const servers = new Set<Http2Server>()
const sockets = new Set<Socket>()
afterEach(async () => {
  await closeAll()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) await new Promise<void>(resolve => server.close(() => resolve()))
  servers.clear()
})

/** An HTTP/2 task in clear text; /wait answers at `finish`. Big heads make more than one frame. */
async function http2Target(id: string) {
  let finish = () => {}
  const server = createServer()
  servers.add(server)
  server.on('connection', socket => sockets.add(socket))
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    stream.respond({ ':status': 200, 'x-big': 'b'.repeat(20_000) })
    if (headers[':path'] !== '/wait') return void stream.end(id)
    stream.write(`${id} waits `)
    finish = () => stream.end('and ends')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { target: { id, addresses: { '3000/tcp': { host: '127.0.0.1', port } } }, finish: () => finish() }
}

function get(session: ClientHttp2Session, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let body = ''
    stream.on('data', chunk => {
      body += chunk
    })
    stream.on('error', reject)
    stream.on('end', () => resolve(body))
  })
}

test('HTTP/2 with prior knowledge passes; when its target leaves, the client is told to go, and what was under way ends well', async () => {
  const router = startRouter()
  const published = await freePort()
  const [old, young] = [await http2Target('old'), await http2Target('young')]
  await router.apply(STREAM, 1, { fronts: [front(published)], targets: [old.target] })
  const session = connect(`http://127.0.0.1:${published}`)
  session.on('error', () => undefined)
  expect(await Promise.all([get(session), get(session)])).toEqual(['old', 'old'])
  const waiting = get(session, '/wait')
  await until('connected', () => router.counters(STREAM).targets['old']?.open === 1)
  const told = new Promise(resolve => session.on('goaway', code => resolve(code)))
  await router.apply(STREAM, 2, { fronts: [front(published)], targets: [young.target] })
  expect(await told).toBe(0)
  expect(await router.targets(STREAM, [])).toEqual(['old', 'young'])
  const next = connect(`http://127.0.0.1:${published}`)
  expect(await get(next)).toBe('young')
  old.finish()
  expect(await waiting).toBe('old waits and ends')
  await until('old is gone', async () => (await router.targets(STREAM, [])).join() === 'young')
  next.destroy()
})

test('HTTP/1 and HTTP/2 share a front', async () => {
  const router = startRouter()
  const published = await freePort()
  const one = await httpTarget('one', (_, res) => res.end('in one'))
  await router.apply(STREAM, 1, { fronts: [front(published)], targets: [one.target] })
  expect((await ask(published)).body).toBe('in one')
  const two = await http2Target('two')
  await router.apply(STREAM, 2, { fronts: [front(published)], targets: [two.target] })
  const session = connect(`http://127.0.0.1:${published}`)
  expect(await get(session)).toBe('two')
  session.destroy()
})

test('nothing is put before the first frame, into a frame, or into a block of headers', () => {
  const boundary = new Http2Boundary()
  const after = (...bytes: number[]) => {
    boundary.push(Uint8Array.from(bytes))
    return boundary.isBetween
  }
  expect(boundary.isBetween).toBe(false)
  expect(after(0, 0, 0, 0x4, 0, 0, 0, 0, 0)).toBe(true)
  expect(after(0, 0, 2)).toBe(false)
  expect(after(0x1, 0, 0, 0, 0, 1, 9)).toBe(false)
  expect(after(9)).toBe(false)
  expect(after(0, 0, 1, 0x9, 0x4, 0, 0, 0, 1, 9)).toBe(true)
  expect(after(...NO_MORE_REQUESTS)).toBe(true)
})

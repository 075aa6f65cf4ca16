import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { tryGrpc } from '../../shared/adapters/probe/try-grpc.ts'
import { tryHttp } from '../../shared/adapters/probe/try-http.ts'
import { tryCommand, tryProbe } from '../../shared/adapters/probe/try-probe.ts'
import { tryTcp } from '../../shared/adapters/probe/try-tcp.ts'
import { PROBE_DEFAULTS } from '../../shared/domain/probe.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'

const open: { close(): unknown }[] = []
const sockets = new Set<Socket>()
afterEach(() => {
  for (const server of open.splice(0)) server.close()
  for (const socket of sockets) socket.destroy()
})

async function listening(server: Server): Promise<{ host: string; port: number }> {
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  open.push(server)
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}
/** A port that nobody listens on. */
async function closed() {
  const server = createTcpServer()
  const address = await listening(server)
  await new Promise(resolve => server.close(resolve))
  return address
}

describe('http', () => {
  const web = (answer: RequestListener) => listening(createHttpServer(answer))
  const http = { port: 80, path: '/healthz', scheme: 'http' } as const

  it.each([
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [404, false],
    [500, false],
    [503, false],
  ])('status %i: %s', async (status, passed) => {
    const address = await web((_, response) => response.writeHead(status, { location: 'http://169.254.169.254/' }).end())
    expect(await tryHttp(address, http, 5_000)).toEqual(passed ? { passed } : { passed, why: `HTTP ${status}` })
  })

  it('asks for the path with the headers and the host that were named', async () => {
    const asked: unknown[] = []
    const address = await web(({ method, url, headers }, response) => {
      asked.push([method, url, headers['host'], headers['x-from']])
      response.end()
    })
    await tryHttp(address, { ...http, path: '/a?b', host: 'shop.example', headers: { 'X-From': 'probe' } }, 5_000)
    expect(asked).toEqual([['GET', '/a?b', 'shop.example', 'probe']])
  })

  it('that hangs is ended at its time, and a body that never ends does not matter', async () => {
    const hanging = await web(() => {})
    expect(await tryHttp(hanging, http, 100)).toEqual({ passed: false, why: 'no answer within 100 ms' })
    const endless = await web((_, response) => void response.write('x'))
    expect(await tryHttp(endless, http, 5_000)).toEqual({ passed: true })
  })

  it('nobody listens, or it speaks something else', async () => {
    expect(await tryHttp(await closed(), http, 5_000)).toEqual({ passed: false, why: 'connection refused' })
    const other = await listening(createTcpServer(socket => socket.end('SSH-2.0\r\n')))
    expect(await tryHttp(other, http, 5_000)).toMatchObject({ passed: false })
    expect(await tryHttp(await web((_, response) => response.end()), { ...http, scheme: 'https' }, 5_000)).toMatchObject({ passed: false })
  })
})

describe('tcp', () => {
  it('a connection that stays open', async () => {
    expect(await tryTcp(await listening(createTcpServer(() => {})), 5_000)).toEqual({ passed: true })
    expect(await tryTcp(await listening(createTcpServer(() => {})), 50)).toEqual({ passed: true })
  })
  it('not one that is closed at once, as by an engine’s own proxy, or that nobody takes', async () => {
    const proxy = await listening(createTcpServer(socket => socket.end()))
    expect(await tryTcp(proxy, 5_000)).toEqual({ passed: false, why: 'the connection was closed at once' })
    expect(await tryTcp(await closed(), 5_000)).toEqual({ passed: false, why: 'connection refused' })
  })
})

describe('grpc', () => {
  const SERVING = Buffer.from([0, 0, 0, 0, 2, 8, 1])
  const answering = (answer: Buffer | undefined, trailers: Record<string, string> = { 'grpc-status': '0' }, asked: Buffer[] = []) => {
    const server = createHttp2Server()
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('data', (chunk: Buffer) => asked.push(Buffer.from(headers[':path'] as string), chunk))
      stream.on('error', () => {})
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers(trailers))
      stream.end(answer)
    })
    return listening(server as unknown as Server)
  }
  const grpc = { port: 80 }

  it('SERVING, as every language’s health server spells it', async () => {
    expect(await tryGrpc(await answering(SERVING), grpc, 5_000)).toEqual({ passed: true })
  })
  it('asks Health/Check for the service that was named', async () => {
    const asked: Buffer[] = []
    await tryGrpc(await answering(SERVING, undefined, asked), { port: 80, service: 'shop.Cart' }, 5_000)
    expect(asked[0]!.toString()).toBe('/grpc.health.v1.Health/Check')
    expect(asked[1]).toEqual(Buffer.concat([Buffer.from([0, 0, 0, 0, 11, 10, 9]), Buffer.from('shop.Cart')]))
  })
  it.each([
    [Buffer.from([0, 0, 0, 0, 2, 8, 2]), undefined, 'NOT_SERVING'],
    [Buffer.from([0, 0, 0, 0, 0]), undefined, 'UNKNOWN'],
    [undefined, { 'grpc-status': '12' }, 'gRPC status 12'],
    [undefined, { 'grpc-status': '5' }, 'gRPC status 5'],
  ])('%j with %j: %s', async (answer, trailers, why) => {
    expect(await tryGrpc(await answering(answer, trailers), grpc, 5_000)).toEqual({ passed: false, why })
  })
  it('hanging, closed, or no HTTP/2 at all', async () => {
    const hanging = await listening(createTcpServer(() => {}))
    expect(await tryGrpc(hanging, grpc, 100)).toEqual({ passed: false, why: 'no answer within 100 ms' })
    expect(await tryGrpc(await closed(), grpc, 5_000)).toEqual({ passed: false, why: 'connection refused' })
    const old = await listening(createHttpServer((_, response) => response.end()))
    expect(await tryGrpc(old, grpc, 2_000)).toMatchObject({ passed: false })
  })
})

describe('commands, and what cannot be tried', () => {
  const task = { id: 'web-1', addresses: {} }
  it.each([
    [{ code: 0, output: '' }, { passed: true }],
    [
      { code: 2, output: 'a secret' },
      { passed: false, why: 'exit code 2' },
    ],
    [{ output: '' }, { passed: false, why: 'no answer within 1000 ms' }],
    [
      { code: 127, output: '', problem: 'there is no program x' },
      { passed: false, why: 'there is no program x' },
    ],
  ])('%j: %j', async (executed, tried) => {
    expect(await tryCommand('web-1', ['x'], 1_000, async () => executed)).toEqual(tried)
  })
  it('an engine that is away says nothing about the task', async () => {
    const away = () => Promise.reject(new OutcomeUnknown('away'))
    expect(await tryProbe(task, { ...PROBE_DEFAULTS, exec: ['true'] }, away)).toBeUndefined()
  })
  it('a port without an address fails, and says so', async () => {
    const tried = await tryProbe(task, { ...PROBE_DEFAULTS, tcp: { port: 80 } }, () => Promise.reject(new Error('not asked')))
    expect(tried).toEqual({ passed: false, why: 'port 80 has no address outside of the task' })
  })
})

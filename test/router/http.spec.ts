import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import type { AccessRecord } from '../../shared/adapters/proxy/access-log.ts'
import type { RouterOptions } from '../../shared/adapters/proxy/settings.ts'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, tcpTarget, until } from './servers.ts'

afterEach(closeAll)

type Handler = Parameters<typeof httpTarget>[1]

async function routed(handler: Handler, options: Partial<RouterOptions> = {}) {
  const lines: (AccessRecord & { time: string })[] = []
  const router = startRouter({ accessLog: line => lines.push(JSON.parse(line)), ...options })
  const published = await freePort()
  const running = await httpTarget('t1', handler)
  await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
  return { router, published, running, lines }
}

/** Sends bytes as they are and collects what comes until the server closes. */
function raw(port: number, text: string, onData?: (all: string, write: (more: string) => void) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text))
    socket.on('data', chunk => {
      all += chunk
      onData?.(all, more => socket.write(more))
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(all))
  })
}

describe('headers', () => {
  test('sets the forwarding headers itself and drops the client’s, underscored ones too', async () => {
    const { published } = await routed((req, res) => res.end(JSON.stringify(req.headers)))
    const headers = {
      Host: 'shop.test',
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'evil',
      'X-Forwarded-Port': '1',
      X_Forwarded_For: '6.6.6.6',
      Forwarded: 'for=6.6.6.6',
      'X-Real-IP': '6.6.6.6',
    }
    const seen = JSON.parse((await ask(published, { headers })).body)
    expect(seen).toMatchObject({
      host: 'shop.test',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.test',
    })
    expect(JSON.stringify(seen)).not.toMatch(/6\.6\.6\.6|evil|x-forwarded-port/)
  })

  test('appends to the forwarding headers of a trusted proxy', async () => {
    const { published } = await routed((req, res) => res.end(JSON.stringify(req.headers)), { trustForwarded: true })
    const headers = { 'X-Forwarded-For': '1.2.3.4, 5.6.7.8', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'shop.example' }
    const seen = JSON.parse((await ask(published, { headers })).body)
    expect(seen).toMatchObject({
      'x-forwarded-for': '1.2.3.4, 5.6.7.8, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
    })
  })

  test('drops hop-by-hop headers both ways, and those that Connection names, but not what the message needs', async () => {
    const { published } = await routed((req, res) => {
      res.setHeader('Connection', 'close, X-Inner')
      res.setHeader('X-Inner', '1')
      res.setHeader('Proxy-Authenticate', 'Basic')
      res.setHeader('X-Seen', JSON.stringify(req.headers))
      req.pipe(res)
    })
    const headers = {
      Connection: 'close, X-Hop, Content-Length',
      'X-Hop': '1',
      'X-Stays': '1',
      TE: 'trailers',
      'Proxy-Authorization': 'Basic',
    }
    const answer = await ask(published, { method: 'POST', headers: { ...headers, 'Content-Length': '5' }, body: 'hello' })
    const seen = JSON.parse(String(answer.headers['x-seen']))
    expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['x-hop']))
    expect(seen).toMatchObject({ 'x-stays': '1', 'content-length': '5', connection: 'keep-alive' })
    expect(seen.te ?? seen['proxy-authorization']).toBeUndefined()
    expect(answer.headers['x-inner'] ?? answer.headers['proxy-authenticate']).toBeUndefined()
    expect(answer.body).toBe('hello')
  })

  test('keeps a sane request id, makes one otherwise, and echoes it in place of the target’s', async () => {
    const { published, lines } = await routed((req, res) => {
      res.setHeader('X-Request-ID', 'of-the-target')
      res.end(String(req.headers['x-request-id']))
    })
    const kept = await ask(published, { headers: { 'X-Request-ID': 'abc-1.2:3' } })
    expect([kept.body, kept.headers['x-request-id']]).toEqual(['abc-1.2:3', 'abc-1.2:3'])
    for (const bad of ['with "quotes"', 'x'.repeat(129), ' ']) {
      const made = await ask(published, { headers: { 'X-Request-ID': bad } })
      expect(made.body).toMatch(/^[0-9a-f-]{36}$/)
      expect(made.headers['x-request-id']).toBe(made.body)
    }
    expect(lines[0]!.id).toBe('abc-1.2:3')
  })

  test('keeps repeated and oddly cased headers as they are', async () => {
    const { published } = await routed((req, res) => {
      res.setHeader('Set-Cookie', ['a=1', 'b=2'])
      res.end(req.rawHeaders.join('|'))
    })
    const answer = await ask(published, { headers: { 'x-ODD': ['1', '2'] } })
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(answer.body).toContain('x-ODD|1|x-ODD|2')
  })

  test('a chunked request that also has a length is refused, not passed on (request smuggling)', async () => {
    const { published, router } = await routed((_, res) => res.end('reached'))
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n'
    const answer = await raw(published, text)
    expect(answer).toMatch(/^HTTP\/1\.1 400/)
    expect(router.counters(STREAM).requests).toBe(0)
  })
})

describe('bodies', () => {
  test('HEAD, 204, 304 and bodyless POST pass', async () => {
    const { published } = await routed((req, res) => {
      if (req.url === '/204') res.writeHead(204).end()
      else if (req.url === '/304') res.writeHead(304).end()
      else
        res
          .writeHead(200, { 'Content-Length': 10, 'X-In': `${req.headers['content-length']} ${req.headers['transfer-encoding']}` })
          .end('0123456789')
    })
    const head = await ask(published, { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '10', ''])
    expect((await ask(published, { path: '/204' })).status).toBe(204)
    expect((await ask(published, { path: '/304' })).status).toBe(304)
    const post = await raw(published, 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(post).toContain('X-In: 0 undefined')
  })

  test('an HTTP/1.0 client gets an answer without chunks', async () => {
    const { published } = await routed((_, res) => {
      res.write('one ')
      res.end('two')
    })
    const answer = await raw(published, 'GET / HTTP/1.0\r\n\r\n')
    expect(answer).not.toMatch(/transfer-encoding/i)
    expect(answer.endsWith('\r\n\r\none two')).toBe(true)
  })

  test('chunked bodies and trailers pass both ways', async () => {
    const { published } = await routed((req, res) => {
      res.writeHead(200, { Trailer: 'X-Sum' })
      req.on('data', chunk => res.write(chunk))
      req.on('end', () => {
        res.addTrailers({ 'X-Sum': String(req.trailers['x-client']) })
        res.end()
      })
    })
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Client\r\n\r\n'
    const answer = await raw(published, `${chunked}5\r\nhello\r\n0\r\nX-Client: 42\r\n\r\n`)
    expect(answer).toContain('hello')
    expect(answer).toMatch(/0\r\nX-Sum: 42\r\n\r\n$/)
  })

  test('100-continue waits for the target’s own word', async () => {
    const order: string[] = []
    const { published, running } = await routed((_, res) => res.end('not asked'))
    running.server.on('checkContinue', (req, res) => {
      order.push('asked')
      setTimeout(() => res.writeContinue(), 30)
      req.on('data', chunk => order.push(String(chunk)))
      req.on('end', () => res.end('taken'))
    })
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n'
    let hasSent = false
    const answer = await raw(published, text, (all, write) => {
      if (!all.startsWith('HTTP/1.1 100 Continue') || hasSent) return
      hasSent = true
      order.push('told')
      write('body')
    })
    expect(answer).toContain('taken')
    expect(order).toEqual(['asked', 'told', 'body'])
  })

  test('a refused 100-continue closes the connection, since the body may or may not follow', async () => {
    const { published, running } = await routed((_, res) => res.end())
    running.server.on('checkContinue', (_, res) => res.writeHead(413).end('too big'))
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n'
    const answer = await raw(published, text)
    expect(answer).toMatch(/^HTTP\/1\.1 413/)
    expect(answer).toMatch(/connection: close/i)
  })

  test('an early answer reaches a client that still sends', async () => {
    const { published } = await routed((_, res) => res.writeHead(413, { 'Content-Length': 3 }).end('big'))
    const body = Buffer.alloc(5_000_000)
    expect((await ask(published, { method: 'POST', body })).status).toBe(413)
  })

  test('100 MB each way pass without being kept in memory', { timeout: 60_000 }, async () => {
    const size = 100 * 1_024 * 1_024
    const { published } = await routed(async (req, res) => {
      if (req.method === 'GET') return void pipeline(zeros(size), res)
      let length = 0
      for await (const chunk of req) length += chunk.length
      res.end(String(length))
    })
    let most = 0
    const before = liveBytes()
    const watch = setInterval(() => {
      most = Math.max(most, liveBytes() - before)
    }, 50)
    const down = await new Promise<number>((resolve, reject) => {
      request({ port: published, host: '127.0.0.1' }, async res => {
        let length = 0
        for await (const chunk of res) length += chunk.length
        resolve(length)
      })
        .on('error', reject)
        .end()
    })
    const up = await new Promise<string>((resolve, reject) => {
      const sent = request({ port: published, host: '127.0.0.1', method: 'POST' }, async res => resolve(String(await res.toArray())))
      sent.on('error', reject)
      pipeline(zeros(size), sent).catch(reject)
    })
    clearInterval(watch)
    expect([down, up]).toEqual([size, String(size)])
    // Client, router and target are this one process.
    expect(most).toBeLessThan(20 * 1_024 * 1_024)
  })

  test('a slow reader holds the target back', async () => {
    let written = 0
    const { published } = await routed((_, res) => {
      const chunk = Buffer.alloc(64 * 1_024)
      const write = () => {
        while (written < 1_000 * chunk.length) {
          written += chunk.length
          if (!res.write(chunk)) return void res.once('drain', write)
        }
      }
      write()
    })
    const client = request({ port: published, host: '127.0.0.1' }, res => res.pause()).on('error', () => undefined)
    client.end()
    let last = -1
    await until('it stands still', async () => {
      const isStill = written === last && written > 0
      last = written
      await new Promise(resolve => setTimeout(resolve, 150))
      return isStill
    })
    expect(written).toBeLessThan(30 * 1_024 * 1_024)
    client.destroy()
  })
})

describe('streams and aborts', () => {
  test('server-sent events arrive one by one, the head before the first', async () => {
    let send = (_: string) => {}
    const { published } = await routed((_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.flushHeaders()
      send = text => res.write(`data: ${text}\n\n`)
    })
    let got = ''
    const client = request({ port: published, host: '127.0.0.1' }, res => {
      got += 'head '
      res.on('data', chunk => {
        got += chunk
      })
      res.on('error', () => undefined)
    })
    client.on('error', () => undefined)
    client.end()
    await until('head', () => got === 'head ')
    send('one')
    await until('one', () => got.includes('one'))
    send('two')
    await until('two', () => got.includes('two'))
    client.destroy()
  })

  test('a client that leaves cancels the request at the target, before and during the answer', async () => {
    const cut: string[] = []
    const { published, router, lines } = await routed((req, res) => {
      res.on('close', () => cut.push(`${req.url} ${res.writableFinished}`))
      if (req.url === '/during') res.write('begun')
    })
    for (const path of ['/before', '/during']) {
      let hasBegun = path === '/before'
      const client = request({ port: published, host: '127.0.0.1', path }, res => {
        hasBegun = true
        res.on('error', () => undefined)
      })
      client.on('error', () => undefined)
      client.end()
      await until('under way', () => router.counters(STREAM).targets['t1']!.open === 1)
      await until('answer begun', () => hasBegun)
      client.destroy()
      await until('cut', () => cut.includes(`${path} false`))
      await until('closed', () => router.counters(STREAM).targets['t1']!.open === 0)
    }
    await until('logged', () => lines.length === 2)
    expect(lines.map(line => line.status)).toEqual([499, 200])
    expect(router.counters(STREAM).errors).toBe(0)
  })

  test('a client that leaves in the middle of its body cancels the request at the target', async () => {
    let wasAborted = false
    const { published, router } = await routed(req => {
      req.on('error', () => undefined)
      req.on('aborted', () => {
        wasAborted = true
      })
      req.resume()
    })
    const client = request({ port: published, host: '127.0.0.1', method: 'POST', headers: { 'Content-Length': 1_000 } })
    client.on('error', () => undefined)
    client.write('part')
    await until('under way', () => router.counters(STREAM).targets['t1']!.open === 1)
    client.destroy()
    await until('aborted', () => wasAborted)
  })

  test('an answer that the target cuts is cut for the client, never ended as if whole', async () => {
    const { published, router } = await routed((req, res) => {
      if (req.url === '/length') res.writeHead(200, { 'Content-Length': 100 })
      res.write('part')
      setTimeout(() => res.destroy(), 20)
    })
    await expect(ask(published, { path: '/length' })).rejects.toThrow()
    await expect(ask(published, { path: '/chunked' })).rejects.toThrow()
    await until('counted', () => router.counters(STREAM).errors === 2)
  })

  test('a target that breaks off before it answers gives 502 with the id, and the request is not repeated', async () => {
    let tries = 0
    const { published, lines } = await routed(req => {
      tries++
      req.socket.destroy()
    })
    const answer = await ask(published, { method: 'POST', body: 'x', headers: { 'X-Request-ID': 'r1' } })
    expect([answer.status, answer.headers['x-request-id'], answer.headers['content-type']]).toEqual([502, 'r1', 'application/json'])
    expect(JSON.parse(answer.body)).toMatchObject({ stack: 'shop', service: 'web', task: 't1', requestId: 'r1' })
    expect(tries).toBe(1)
    await until('logged', () => lines.length === 1)
    expect(lines[0]).toMatchObject({ status: 502, task: 't1' })
  })

  test('a target that does not speak HTTP gives 502', async () => {
    const { published, router } = await routed(() => undefined)
    const other = await tcpTarget('t2', socket => socket.end('220 smtp.test ESMTP\r\n'))
    await router.apply(STREAM, 2, { fronts: [front(published)], targets: [other.target] })
    expect((await ask(published)).status).toBe(502)
  })

  test('pipelined requests are answered in order', async () => {
    const { published } = await routed((req, res) => setTimeout(() => res.end(req.url), req.url === '/1' ? 50 : 0))
    const answer = await raw(published, 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(answer.indexOf('/1')).toBeGreaterThan(0)
    expect(answer.indexOf('/1')).toBeLessThan(answer.indexOf('/2'))
  })
})

test('writes one access line a request, without the query', async () => {
  const { published, lines } = await routed((req, res) => req.resume().on('end', () => res.end('answer')))
  await ask(published, { method: 'POST', path: '/a/b?token=geheim', body: 'body', headers: { 'X-Request-ID': 'q' } })
  await until('logged', () => lines.length === 1)
  const { time, ms, ...rest } = lines[0]!
  expect(new Date(time).getTime()).toBeGreaterThan(Date.now() - 60_000)
  expect(ms).toBeGreaterThanOrEqual(0)
  expect(rest).toEqual({
    stream: STREAM,
    task: 't1',
    method: 'POST',
    path: '/a/b',
    status: 200,
    in: 4,
    out: 6,
    id: 'q',
    client: '127.0.0.1',
  })
})

test('logs on while the clock refuses to answer', async () => {
  const clock = {
    now: (): number => {
      throw new Error('stepping')
    },
  }
  const { published, lines } = await routed((_, res) => res.end(), { clock })
  await ask(published)
  await until('logged', () => lines.length === 1)
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function liveBytes(): number {
  collectGarbage()
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function zeros(size: number): Readable {
  let left = size
  return new Readable({
    read() {
      const length = Math.min(left, 64 * 1_024)
      left -= length
      this.push(length > 0 ? Buffer.alloc(length) : null)
    },
  })
}

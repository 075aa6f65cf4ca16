import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, tcpTarget, until } from './servers.ts'

afterEach(closeAll)

const occupy = (port: number) =>
  new Promise<() => Promise<void>>(resolve => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(() => new Promise(done => server.close(() => done()))))
  })

describe('published ports', () => {
  test('a taken port is named, the other fronts are served, and a later apply tries again', async () => {
    const router = startRouter()
    const [taken, free] = [await freePort(), await freePort()]
    const leave = await occupy(taken)
    const running = await httpTarget('t1', (_, res) => res.end('served'))
    const wanted = { fronts: [front(taken), front(free)], targets: [running.target] }
    await expect(router.apply(STREAM, 1, wanted)).rejects.toMatchObject({
      name: 'CodedError',
      code: 'LS-PORT-TAKEN',
      message: expect.stringContaining(`port ${taken}: another program listens on it`),
    })
    expect((await ask(free)).body).toBe('served')
    expect(await router.targets(STREAM, [])).toEqual(['t1'])
    await leave()
    await router.apply(STREAM, 1, wanted)
    expect((await ask(taken)).body).toBe('served')
  })

  test('close when no stream names them; what is open finishes', async () => {
    const router = startRouter()
    const published = await freePort()
    let isWaiting = false
    let finish = () => {}
    const running = await httpTarget('t1', (req, res) => {
      if (req.url !== '/wait') return void res.end()
      isWaiting = true
      finish = () => res.end('finished')
    })
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await ask(published, { agent })
    const waiting = ask(published, { agent, path: '/wait' })
    await until('under way', () => isWaiting)
    await router.apply(STREAM, 2, { fronts: [], targets: [] })
    await expect(ask(published)).rejects.toThrow('ECONNREFUSED')
    finish()
    expect(await waiting).toMatchObject({ body: 'finished', headers: { connection: 'close' } })
    await until('gone', async () => (await router.targets(STREAM, [])).length === 0)
    agent.destroy()
  })

  test('idle keep-alive connections are closed with their front', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await httpTarget('t1', (_, res) => res.end('x'))
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    let hasAnswered = false
    let isClosed = false
    const client = connect(published, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    client.on('data', () => {
      hasAnswered = true
    })
    client.on('close', () => {
      isClosed = true
    })
    await until('answered', () => hasAnswered && router.counters(STREAM).open === 0)
    expect(isClosed).toBe(false)
    await router.apply(STREAM, 2, { fronts: [], targets: [] })
    await until('closed', () => isClosed)
  })

  test('a front that changes its layer is opened anew, one that stays is not disturbed', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await tcpTarget('t1', socket => socket.end('raw'))
    await router.apply(STREAM, 1, { fronts: [front(published)], targets: [running.target] })
    expect((await ask(published)).status).toBe(502)
    await router.apply(STREAM, 2, { fronts: [front(published, 'tcp')], targets: [running.target] })
    let got = ''
    const client = connect(published, '127.0.0.1').on('data', chunk => {
      got += chunk
    })
    await until('raw', () => got === 'raw')
    client.destroy()
  })

  test('another stream’s port is refused with its owner’s name, and had once the owner left it', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await httpTarget('t1', (_, res) => res.end('ok'))
    const wanted = { fronts: [front(published)], targets: [running.target] }
    await router.apply(STREAM, 1, wanted)
    await expect(router.apply('service/blog/web', 1, wanted)).rejects.toThrow(STREAM)
    await router.apply(STREAM, 2, { fronts: [], targets: [] })
    await router.apply('service/blog/web', 1, wanted)
    expect((await ask(published)).body).toBe('ok')
  })

  test('applies at once end with what the highest version wants', async () => {
    const router = startRouter()
    const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    await Promise.all(ports.map((port, i) => router.apply(STREAM, i + 1, { fronts: [front(port)], targets: [] })))
    const free = await router.check(
      'other',
      ports.map(published => ({ published, protocol: 'tcp' as const })),
    )
    expect(free.map(problem => problem.published)).toEqual([ports[3]])
  })

  test('check tries ports without disturbing what listens', async () => {
    const router = startRouter()
    const [own, taken, free] = [await freePort(), await freePort(), await freePort()]
    const leave = await occupy(taken)
    const running = await httpTarget('t1', (_, res) => res.end('ok'))
    await router.apply(STREAM, 1, { fronts: [front(own)], targets: [running.target] })
    const fronts = [own, taken, free].map(published => ({ published, protocol: 'tcp' as const }))
    expect(await router.check('shop', fronts)).toEqual([{ published: taken, why: 'another program listens on it' }])
    expect((await router.check('blog', fronts)).map(problem => problem.published)).toEqual([own, taken])
    expect(await router.check('shop', [{ published: own, protocol: 'tcp', hostIp: '0.0.0.0' }])).toEqual([])
    expect(await router.check('blog', [{ published: free, protocol: 'udp' }])).toEqual([])
    expect((await router.check('blog', [{ published: free, protocol: 'tcp', hostIp: '192.0.2.1' }]))[0]!.why).toMatch(/does not have/)
    expect((await ask(own)).body).toBe('ok')
    const again = await occupy(free)
    await again()
    await leave()
  })
})

describe('M5: internal addresses', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'router-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const say = async (port: number): Promise<string> => {
    let got = ''
    const client = connect(port, '127.0.0.1').on('data', chunk => {
      got += chunk
    })
    await new Promise((resolve, reject) => client.on('close', resolve).on('error', reject))
    return got
  }

  test('lead to the ready tasks of a peer, the same each time, and again after a restart', async () => {
    const stateFile = join(folder, 'ports.json')
    const first = startRouter({ stateFile })
    const db = await tcpTarget('db1', socket => socket.end('db1'))
    const [one, two] = await Promise.all([first.internalAddress('shop', 'db', 3000), first.internalAddress('shop', 'db', 3000)])
    expect(one).toEqual(two)
    expect(one.host).toBe('127.0.0.1')
    expect(await first.internalAddress('shop', 'other', 3000)).not.toEqual(one)
    await first.apply('service/shop/db', 1, { fronts: [], targets: [db.target] })
    expect(await say(one.port)).toBe('db1')
    await first.close()

    const second = startRouter({ stateFile })
    await second.apply('service/shop/db', 1, { fronts: [], targets: [db.target] })
    // Without being asked for: the peers that run already do not ask again.
    expect(await say(one.port)).toBe('db1')
    expect(await second.internalAddress('shop', 'db', 3000)).toEqual(one)
    await second.forgetInternal('shop')
    await expect(say(one.port)).rejects.toThrow('ECONNREFUSED')
    expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toEqual({})
  })

  test('a remembered port that is taken, or a broken file, means a new port', async () => {
    const stateFile = join(folder, 'ports.json')
    const taken = await freePort()
    const leave = await occupy(taken)
    writeFileSync(stateFile, JSON.stringify({ 'service/shop/db 3000': taken }))
    const address = await startRouter({ stateFile }).internalAddress('shop', 'db', 3000)
    expect(address.port).not.toBe(taken)
    expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toEqual({ 'service/shop/db 3000': address.port })
    await leave()
    writeFileSync(stateFile, '{"cut')
    expect((await startRouter({ stateFile }).internalAddress('shop', 'db', 3000)).port).toBeGreaterThan(0)
  })
})

test('a bind address that is undefined is the default: ports are not opened to the network', async () => {
  const router = startRouter({ bind: undefined })
  const published = await freePort()
  await router.apply(STREAM, 1, { fronts: [front(published, 'tcp')], targets: [] })
  const refusedAt = (host: string) =>
    new Promise<boolean>(resolve => {
      const socket = connect(published, host, () => resolve(false)).on('error', () => resolve(true))
      socket.once('connect', () => socket.destroy())
    })
  expect([await refusedAt('127.0.0.1'), await refusedAt('127.0.0.2')]).toEqual([false, true])
})

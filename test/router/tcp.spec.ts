import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, freePort, front, STREAM, startRouter, tcpTarget, until } from './servers.ts'

afterEach(closeAll)

const collect = (socket: Socket) =>
  new Promise<string>((resolve, reject) => {
    let all = ''
    socket.on('data', chunk => {
      all += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(all))
  })

describe('layer 4', () => {
  test('a half-closed connection still gets its answer', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await tcpTarget('t1', socket => {
      let length = 0
      socket.on('data', chunk => {
        length += chunk.length
      })
      socket.on('end', () => socket.end(`got ${length}`))
    })
    await router.apply(STREAM, 1, { fronts: [front(published, 'tcp')], targets: [running.target] })
    const client = connect({ port: published, host: '127.0.0.1', allowHalfOpen: true })
    const answer = collect(client)
    client.end(Buffer.alloc(1_000_000))
    expect(await answer).toBe('got 1000000')
    await until('closed', () => router.counters(STREAM).open === 0 && router.counters(STREAM).targets['t1']!.open === 0)
  })

  test('echo passes while the target set changes; new connections go to the new one, and the old stays visible', async () => {
    const router = startRouter()
    const published = await freePort()
    const echo = (id: string) =>
      tcpTarget(id, socket => socket.on('data', data => socket.write(`${id}:${data}`)).on('end', () => socket.end()))
    const [old, young] = [await echo('old'), await echo('young')]
    const wanted = (target: typeof old.target) => ({ fronts: [front(published, 'tcp')], targets: [target] })
    await router.apply(STREAM, 1, wanted(old.target))
    const client = connect(published, '127.0.0.1')
    let heard = ''
    client.on('data', chunk => {
      heard += chunk
    })
    const all = collect(client)
    client.write('a')
    await until('echoed, so that its connection is no longer being made', () => heard === 'old:a')
    await router.apply(STREAM, 2, wanted(young.target))
    client.write('b')
    const other = connect(published, '127.0.0.1')
    const others = collect(other)
    other.end('c')
    expect(await others).toBe('young:c')
    expect(await router.targets(STREAM, [])).toEqual(['old', 'young'])
    client.end()
    expect((await all).replaceAll('old:', '')).toBe('ab')
    await until('gone', async () => (await router.targets(STREAM, [])).join() === 'young')
  })

  test('release closes what is open on a target', async () => {
    const router = startRouter()
    const published = await freePort()
    const running = await tcpTarget('t1', socket => socket.resume())
    await router.apply(STREAM, 1, { fronts: [front(published, 'tcp')], targets: [running.target] })
    const closed = collect(connect(published, '127.0.0.1'))
    await until('connected', () => router.counters(STREAM).targets['t1']!.open === 1)
    router.release(STREAM, 'nobody')
    router.release(STREAM, 't1')
    await closed
    await until('nothing open', () => router.counters(STREAM).targets['t1']!.open === 0)
  })

  test('a slow reader holds the sender back', async () => {
    const router = startRouter()
    const published = await freePort()
    let written = 0
    const running = await tcpTarget('t1', socket => {
      const chunk = Buffer.alloc(64 * 1_024)
      const write = () => {
        while (written < 100 * 1_024 * 1_024) {
          written += chunk.length
          if (!socket.write(chunk)) return void socket.once('drain', write)
        }
        socket.end()
      }
      write()
    })
    await router.apply(STREAM, 1, { fronts: [front(published, 'tcp')], targets: [running.target] })
    const client = connect(published, '127.0.0.1').pause()
    let last = -1
    await until('it stands still', async () => {
      const isStill = written === last && written > 0
      last = written
      await new Promise(resolve => setTimeout(resolve, 150))
      return isStill
    })
    expect(written).toBeLessThan(30 * 1_024 * 1_024)
    let read = 0
    client.on('data', chunk => {
      read += chunk.length
    })
    client.resume()
    await new Promise(resolve => client.on('close', resolve))
    expect(read).toBe(written)
  })

  test('a target that refuses is passed over, one that resets resets the client', async () => {
    const deaths: string[] = []
    const router = startRouter({ onTargetDeath: (_, id) => deaths.push(id) })
    const published = await freePort()
    const dead = { id: 'dead', addresses: { '3000/tcp': { host: '127.0.0.1', port: await freePort() } } }
    const running = await tcpTarget('t1', socket =>
      socket.on('data', data => (String(data) === 'reset' ? socket.resetAndDestroy() : socket.end('ok'))),
    )
    await router.apply(STREAM, 1, { fronts: [front(published, 'tcp')], targets: [dead, running.target] })
    for (let i = 0; i < 3; i++) {
      const client = connect(published, '127.0.0.1')
      client.write('hello')
      expect(await collect(client)).toBe('ok')
    }
    expect(deaths).toEqual(['dead'])
    const client = connect(published, '127.0.0.1')
    client.write('reset')
    await expect(collect(client)).rejects.toThrow('ECONNRESET')
  })

  test('without a target a connection waits, then is reset', async () => {
    const router = startRouter({ waitMs: 100 })
    const published = await freePort()
    await router.apply(STREAM, 1, { fronts: [front(published, 'tcp')], targets: [] })
    await expect(collect(connect(published, '127.0.0.1'))).rejects.toThrow('ECONNRESET')
    await until('counted', () => router.counters(STREAM).open === 0)
    expect(router.counters(STREAM)).toMatchObject({ requests: 1, errors: 1 })
  })
})

describe('UDP', () => {
  const udpEcho = async (id: string) => {
    const socket = createSocket('udp4')
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
    socket.on('message', (message, from) => socket.send(`${id} ${message}`, from.port, from.address))
    return { target: { id, addresses: { '3000/udp': { host: '127.0.0.1', port: socket.address().port } } }, socket }
  }

  test('datagrams and their answers pass, and follow the set', async () => {
    const router = startRouter()
    const published = await freePort()
    const [old, young] = [await udpEcho('old'), await udpEcho('young')]
    const fronts = [front(published, 'tcp', { protocol: 'udp' })]
    await router.apply(STREAM, 1, { fronts, targets: [old.target] })
    const got: string[] = []
    const client = createSocket('udp4').on('message', message => got.push(String(message)))
    client.send('1', published, '127.0.0.1')
    await until('answer', () => got.length === 1)
    await router.apply(STREAM, 2, { fronts, targets: [young.target] })
    expect(await router.targets(STREAM, [])).toEqual(['old', 'young'])
    client.send('2', published, '127.0.0.1')
    await until('answer', () => got.length === 2)
    expect(got).toEqual(['old 1', 'young 2'])
    await until('old is gone', async () => (await router.targets(STREAM, [])).join() === 'young')
    router.release(STREAM, 'young')
    expect(router.counters(STREAM)).toMatchObject({ requests: 2, open: 0 })
    client.send('3', published, '127.0.0.1')
    await until('answer', () => got.length === 3)
    await router.apply(STREAM, 3, { fronts: [], targets: [] })
    await until('nothing open', async () => (await router.targets(STREAM, [])).length === 0)
    for (const socket of [client, old.socket, young.socket]) socket.close()
  })

  test('a taken port is named', async () => {
    const router = startRouter()
    const taken = await udpEcho('x')
    const { port } = taken.socket.address()
    const fronts = [front(port, 'tcp', { protocol: 'udp' })]
    await expect(router.apply(STREAM, 1, { fronts, targets: [] })).rejects.toMatchObject({ code: 'LS-PORT-TAKEN' })
    expect((await router.check('shop', fronts)).length).toBe(1)
    taken.socket.close()
  })
})

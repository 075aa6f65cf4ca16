import { Agent } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { HomeRouter } from '../../shared/adapters/proxy/home-router.ts'
import type { Front, Target } from '../../shared/ports/router.ts'
import { ask, closeAll, freePort, front, httpTarget, startRouter, tcpTarget, until } from './servers.ts'

afterEach(closeAll)

const [A, B] = ['service/shop/a', 'service/shop/b']
const kept = (published: number): Front => ({ ...front(published), kept: true })
const named = async (id: string): Promise<Target> => (await httpTarget(id, (_, response) => response.end(id))).target
const elsewhere = (target: Target): Target => ({ ...target, addresses: { '4000/tcp': target.addresses['3000/tcp']! } })

/** Asks again and again over a connection that stays open: what answered, each change once. */
function watch(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const seen: string[] = []
  let isOver = false
  const loop = async () => {
    while (!isOver) {
      const said = await ask(port, { agent }).then(
        ({ status, body }) => (status === 200 ? body : String(status)),
        error => String(error),
      )
      if (seen.at(-1) !== said) seen.push(said)
    }
  }
  const looping = loop()
  return {
    sees: (said: string) => until(`${port} answers ${said}`, () => seen.at(-1) === said),
    stop: async (): Promise<readonly string[]> => {
      isOver = true
      await looping
      agent.destroy()
      return seen
    },
  }
}

describe('a published port passes from one service of a stack to another', () => {
  const swap = async (router: HomeRouter) => {
    const [one, two] = [await freePort(), await freePort()]
    const old = { a: await named('a1'), b: await named('b1') }
    await router.apply(A, 1, { fronts: [front(one)], targets: [old.a] })
    await router.apply(B, 1, { fronts: [front(two)], targets: [old.b] })
    return { one, two, old, next: { a: await named('a2'), b: await named('b2') } }
  }

  test('two that swap their ports in one update: no request is lost, and each port leads to its own service in the end', async () => {
    const router = startRouter()
    const { one, two, old, next } = await swap(router)
    const [atOne, atTwo] = [watch(one), watch(two)]
    const see = (one: string, two: string) => Promise.all([atOne.sees(one), atTwo.sees(two)])
    await see('a1', 'b1')
    // Wishes come one after another; so do new tasks and the leaving of old ones.
    await router.apply(A, 2, { fronts: [front(two), kept(one)], targets: [old.a] })
    await router.apply(B, 2, { fronts: [front(one), kept(two)], targets: [old.b] })
    await see('b1', 'a1')
    await router.apply(A, 4, { fronts: [front(two)], targets: [next.a] })
    await see('b1', 'a2')
    await router.apply(B, 4, { fronts: [front(one)], targets: [next.b] })
    await see('b2', 'a2')
    expect(await atOne.stop()).toEqual(['a1', 'b1', 'b2'])
    expect(await atTwo.stop()).toEqual(['b1', 'a1', 'a2'])
  })

  test('until a task of the one that wishes for it can be reached, the old tasks of the other serve on', async () => {
    const router = startRouter()
    const { one, old, next } = await swap(router)
    await router.apply(B, 2, { fronts: [front(one, 'http', { target: 4000 })], targets: [old.b] })
    expect((await ask(one)).body).toBe('a1')
    await router.apply(A, 2, { fronts: [kept(one)], targets: [old.a] })
    expect((await ask(one)).body).toBe('a1')
    await router.apply(B, 3, { fronts: [front(one, 'http', { target: 4000 })], targets: [elsewhere(next.b)] })
    expect((await ask(one)).body).toBe('b2')
  })

  test('what the other leaves is had at once, and requests wait there for the first task', async () => {
    const router = startRouter()
    const { one } = await swap(router)
    await router.apply(B, 2, { fronts: [front(one)], targets: [] })
    await router.apply(A, 2, { fronts: [], targets: [] })
    const asked = ask(one)
    await until('waits', () => router.counters(B).waiting === 1)
    await router.apply(B, 3, { fronts: [front(one)], targets: [await named('b2')] })
    expect((await asked).body).toBe('b2')
  })

  test('and back again, when the stack is rolled back', async () => {
    const router = startRouter()
    const { one, two, old } = await swap(router)
    await router.apply(A, 2, { fronts: [front(two), kept(one)], targets: [old.a] })
    await router.apply(B, 2, { fronts: [front(one), kept(two)], targets: [old.b] })
    expect([(await ask(one)).body, (await ask(two)).body]).toEqual(['b1', 'a1'])
    await router.apply(A, 3, { fronts: [front(one)], targets: [old.a] })
    await router.apply(B, 3, { fronts: [front(two)], targets: [old.b] })
    expect([(await ask(one)).body, (await ask(two)).body]).toEqual(['a1', 'b1'])
  })

  test('with another layer too', async () => {
    const router = startRouter()
    const { one, old } = await swap(router)
    const raw = await tcpTarget('raw', socket => socket.end('raw'))
    await router.apply(A, 2, { fronts: [kept(one)], targets: [old.a] })
    await router.apply(B, 2, { fronts: [front(one, 'tcp')], targets: [raw.target] })
    let got = ''
    const client = connect(one, '127.0.0.1').on('data', chunk => {
      got += chunk
    })
    await until('raw', () => got === 'raw')
    client.destroy()
  })
})

test('another stack gets a port only when the stack that has it left it, and then at once', async () => {
  const router = startRouter()
  const port = await freePort()
  const wanted = { fronts: [front(port)], targets: [await named('other')] }
  await router.apply(A, 1, { fronts: [front(port)], targets: [await named('a1')] })
  await expect(router.apply('service/blog/web', 1, wanted)).rejects.toMatchObject({ code: 'LS-PORT-TAKEN' })
  await router.apply(A, 2, { fronts: [kept(port)], targets: [] })
  await expect(router.apply('service/blog/web', 1, wanted)).rejects.toMatchObject({ code: 'LS-PORT-TAKEN' })
  await router.apply(A, 3, { fronts: [], targets: [] })
  expect((await ask(port)).body).toBe('other')
})

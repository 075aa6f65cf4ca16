import { Agent } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { ask, closeAll, freePort, front, httpTarget, STREAM, startRouter, type TestTarget, until } from './servers.ts'

afterEach(closeAll)

/** `closed`: the version whose apply took a target out. */
type Seen = { readonly late: string[]; readonly closed: Map<string, number> }

/** Answers with its id and the body's length; a path of /slow takes 1.5 s. Notes requests that were sent after the apply that took it out. */
const worker = (id: string, seen: Seen): Promise<TestTarget> =>
  httpTarget(id, (request, response) => {
    if (Number(request.headers['x-applied']) >= (seen.closed.get(id) ?? Number.POSITIVE_INFINITY)) seen.late.push(`${id} ${request.url}`)
    let length = 0
    request.on('data', chunk => {
      length += chunk.length
    })
    request.on('end', () => setTimeout(() => response.end(`${id} ${length}`), request.url === '/slow' ? 1_500 : 0))
  })

test('field case 29: no request fails and none reaches a target that left, while targets are swapped under keep-alive load', async () => {
  const router = startRouter()
  const published = await freePort()
  const seen: Seen = { late: [], closed: new Map() }
  const running = [await worker('t1', seen), await worker('t2', seen)]
  let version = 1
  let applied = 1
  await router.apply(STREAM, version, { fronts: [front(published)], targets: running.map(r => r.target) })

  const agent = new Agent({ keepAlive: true, maxSockets: 24 })
  const slowAgent = new Agent({ keepAlive: true })
  const body = Buffer.alloc(3_000, 'x')
  const failures: unknown[] = []
  let done = 0
  let isLoading = true
  const send = async (path: string, by: Agent) => {
    try {
      const answer = await ask(published, { method: 'POST', path, agent: by, body, headers: { 'X-Applied': applied } })
      if (answer.status !== 200 || !answer.body.endsWith(' 3000')) failures.push(answer)
      done++
    } catch (error) {
      failures.push(error)
    }
  }
  const loop = async (path: string, by: Agent) => {
    while (isLoading) await send(path, by)
  }
  const loops = [...Array.from({ length: 24 }, () => loop('/', agent)), ...Array.from({ length: 4 }, () => loop('/slow', slowAgent))]

  // Like a rolling update: one new, one old goes, and the old one's server ends once the router shows nothing open.
  for (let next = 3; next <= 12; next++) {
    running.push(await worker(`t${next}`, seen))
    await router.apply(STREAM, ++version, { fronts: [front(published)], targets: running.map(r => r.target) })
    const old = running.shift()!
    await router.apply(STREAM, ++version, { fronts: [front(published)], targets: running.map(r => r.target) })
    seen.closed.set(old.target.id, version)
    applied = version
    void until('drained', async () => !(await router.targets(STREAM, [])).includes(old.target.id)).then(() => old.destroy())
    const before = done
    await new Promise(resolve => setTimeout(resolve, 300))
    await until('under load', () => done > before + 150, 20_000)
  }
  isLoading = false
  await Promise.all(loops)
  agent.destroy()
  slowAgent.destroy()

  expect(failures).toEqual([])
  expect(seen.late).toEqual([])
  await until('only the present are left', async () => (await router.targets(STREAM, [])).length === 2)
  expect(router.counters(STREAM)).toMatchObject({ open: 0, errors: 0, waiting: 0, requests: done })
})

test('E5: a target that left stays visible until its last answer is out, on an open keep-alive connection too', async () => {
  const router = startRouter()
  const published = await freePort()
  let finish: (() => void) | undefined
  const old = await httpTarget('old', (request, response) => {
    if (request.url === '/wait') finish = () => response.end('old at last')
    else response.end('old')
  })
  const young = await httpTarget('young', (_, response) => response.end('young'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await router.apply(STREAM, 1, { fronts: [front(published)], targets: [old.target] })
  expect((await ask(published, { agent })).body).toBe('old')
  const waiting = ask(published, { path: '/wait' })
  await until('under way', () => finish !== undefined)

  await router.apply(STREAM, 2, { fronts: [front(published)], targets: [young.target] })
  for (let i = 0; i < 5; i++) expect((await ask(published, { agent })).body).toBe('young')
  expect(await router.targets(STREAM, [])).toEqual(['old', 'young'])
  finish!()
  expect((await waiting).body).toBe('old at last')
  await until('old is gone', async () => (await router.targets(STREAM, [])).join() === 'young')
  agent.destroy()
})

test('spreads by least open requests, equal ones in turn', async () => {
  const router = startRouter()
  const published = await freePort()
  const counts: Record<string, number> = { a: 0, b: 0, c: 0 }
  const targets = await Promise.all(
    ['a', 'b', 'c'].map(id =>
      httpTarget(id, (request, response) => {
        counts[id]!++
        if (request.url !== '/hold') response.end(id)
      }),
    ),
  )
  await router.apply(STREAM, 1, { fronts: [front(published)], targets: targets.map(t => t.target) })
  for (let i = 0; i < 9; i++) await ask(published)
  expect(counts).toEqual({ a: 3, b: 3, c: 3 })
  // Whoever gets the held one is passed over from then on.
  const held = ask(published, { path: '/hold' }).catch(() => undefined)
  await until('held', () => Object.values(counts).some(count => count === 4))
  const holder = Object.keys(counts).find(id => counts[id] === 4)!
  for (let i = 0; i < 10; i++) await ask(published)
  expect(counts[holder]).toBe(4)
  await targets.find(t => t.target.id === holder)!.destroy()
  await held
})

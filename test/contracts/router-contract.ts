import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Front, Router, Target } from '../../shared/ports/router.ts'

/** A running task that answers each request with its id; `/hold` not before `finish`. */
export type ContractTask = {
  readonly target: Target
  /** How many requests to /hold it has. */
  held(): number
  finish(): void
}

/** What an adapter brings. Slow ones (a load balancer in the cloud) raise `patienceMs`. */
export type RouterHarness = {
  readonly router: Router
  readonly patienceMs: number
  /** A front at layer 7 whose published port nobody else uses. */
  front(): Promise<Front>
  task(id: string): Promise<ContractTask>
  /** One request through the router's front; rejects when there is no answer. */
  ask(front: Front, path: string): Promise<{ readonly status: number; readonly body: string }>
  close(): Promise<void>
}

/** What every router owes its callers (E4, E5, invariant 11). */
export function routerContract(name: string, start: () => Promise<RouterHarness>): void {
  describe(`router contract: ${name}`, () => {
    let harness: RouterHarness
    beforeEach(async () => {
      known = []
      harness = await start()
    })
    afterEach(() => harness.close())

    const stream = 'service/contract/web'
    let known: Target[]
    const task = async (id: string) => {
      const made = await harness.task(id)
      known.push(made.target)
      return made
    }
    const listed = () => harness.router.targets(stream, known)
    const eventually = async (what: string, isTrue: () => Promise<boolean> | boolean) => {
      const deadline = Date.now() + harness.patienceMs
      while (!(await isTrue())) {
        if (Date.now() > deadline) throw new Error(`not in time: ${what}`)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
    const answers = async (front: Front, times: number) => {
      const bodies = new Set<string>()
      for (let i = 0; i < times; i++) bodies.add((await harness.ask(front, '/')).body)
      return [...bodies].sort()
    }

    test('an unknown stream has no targets', async () => {
      expect(await listed()).toEqual([])
    })

    test('requests reach every target of the set, and no other', async () => {
      const [front, a, b, c] = [await harness.front(), await task('a'), await task('b'), await task('c')]
      await harness.router.apply(stream, 1, { fronts: [front], targets: [a.target, b.target] })
      await eventually('both serve', async () => (await answers(front, 10)).join() === 'a,b')
      await harness.router.apply(stream, 2, { fronts: [front], targets: [b.target, c.target] })
      await eventually('swapped', async () => (await answers(front, 10)).join() === 'b,c')
      await eventually('a is gone', async () => [...(await listed())].sort().join() === 'b,c')
    })

    test('E4: applying the same again changes nothing', async () => {
      const [front, a] = [await harness.front(), await task('a')]
      const wanted = { fronts: [front], targets: [a.target] }
      for (let i = 0; i < 3; i++) await harness.router.apply(stream, 1, wanted)
      await eventually('a serves', async () => (await answers(front, 3)).join() === 'a')
      expect(await listed()).toEqual(['a'])
    })

    test('E4: where versions are known, an older set is ignored', async () => {
      const [front, a, b] = [await harness.front(), await task('a'), await task('b')]
      await harness.router.apply(stream, 2, { fronts: [front], targets: [a.target] })
      await harness.router.apply(stream, 1, { fronts: [front], targets: [b.target] })
      const expected = harness.router.isVersioned ? 'a' : 'b'
      await eventually('settled', async () => (await answers(front, 3)).join() === expected)
    })

    test('E5: a target that left is listed until its last request is done, and that request succeeds', async () => {
      const [front, a, b] = [await harness.front(), await task('a'), await task('b')]
      await harness.router.apply(stream, 1, { fronts: [front], targets: [a.target] })
      await eventually('a serves', async () => (await answers(front, 1)).join() === 'a')
      const held = harness.ask(front, '/hold')
      await eventually('held', () => a.held() === 1)
      await harness.router.apply(stream, 2, { fronts: [front], targets: [b.target] })
      expect(await listed()).toContain('a')
      await eventually('b serves', async () => (await answers(front, 3)).join() === 'b')
      a.finish()
      expect(await held).toEqual({ status: 200, body: 'a' })
      await eventually('a is gone', async () => (await listed()).join() === 'b')
    })

    test('invariant 11: requests without end see no failure while the set rolls', async () => {
      const front = await harness.front()
      const tasks = await Promise.all(['a', 'b', 'c', 'd'].map(id => task(id)))
      await harness.router.apply(stream, 1, { fronts: [front], targets: [tasks[0]!.target] })
      await eventually('a serves', async () => (await answers(front, 1)).join() === 'a')
      let isRolling = true
      const statuses = new Set<number>()
      const load = Promise.all(
        Array.from({ length: 4 }, async () => {
          while (isRolling) statuses.add((await harness.ask(front, '/')).status)
        }),
      )
      for (let i = 1; i < tasks.length; i++) {
        await harness.router.apply(stream, 2 * i, { fronts: [front], targets: [tasks[i - 1]!.target, tasks[i]!.target] })
        await harness.router.apply(stream, 2 * i + 1, { fronts: [front], targets: [tasks[i]!.target] })
        await eventually('swapped', async () => (await listed()).join() === tasks[i]!.target.id)
      }
      isRolling = false
      await load
      expect([...statuses]).toEqual([200])
    })

    test('without a target requests get 503, and without fronts nothing answers', async () => {
      const [front, a] = [await harness.front(), await task('a')]
      await harness.router.apply(stream, 1, { fronts: [front], targets: [] })
      await eventually('503', async () => (await harness.ask(front, '/')).status === 503)
      await harness.router.apply(stream, 2, { fronts: [front], targets: [a.target] })
      await eventually('a serves', async () => (await answers(front, 1)).join() === 'a')
      await harness.router.apply(stream, 3, { fronts: [], targets: [] })
      await eventually('nobody', () =>
        harness.ask(front, '/').then(
          ({ status }) => status !== 200,
          () => true,
        ),
      )
      expect(await listed()).toEqual([])
    })

    test('check has nothing against a stack’s own ports, nor against free ones', async () => {
      const [own, free] = [await harness.front(), await harness.front()]
      await harness.router.apply(stream, 1, { fronts: [own], targets: [] })
      expect(await harness.router.check('contract', [own, free])).toEqual([])
    })
  })
}

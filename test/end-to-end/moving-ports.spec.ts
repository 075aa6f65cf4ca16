import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { startLoad } from './load.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

describe.each(RUNTIMES)('published ports that move, on runtime %s', runtime => {
  const [first, second] = runtime === 'process' ? [19_401, 19_402] : [19_411, 19_412]
  let home: Installation
  beforeEach(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: runtime === 'process' ? 19_400 : 19_410 })
  })
  afterEach(() => home.dispose())

  const stack = (name: string, ports: Record<string, number>, environment: Record<string, string> = {}) => ({
    name,
    services: Object.fromEntries(
      Object.entries(ports).map(([service, published]) => [
        service,
        { replicas: 2, spec: appSpec({ published, environment, update: { monitor: 0 } }) },
      ]),
    ),
  })
  const url = (port: number) => `http://127.0.0.1:${port}/`
  /** The service that answers at a port, asked over a connection of its own. */
  const at = async (port: number) =>
    ((await (await fetch(url(port), { headers: { connection: 'close' } })).json()) as { task: string }).task.split('.')[0]

  it('two services swap theirs in one update under load: no request fails, and when it is done each port leads to its new service', {
    timeout: 120_000,
  }, async () => {
    await home.api.up(stack('swap', { a: first, b: second }))
    await home.api.settled('swap', 1)
    expect([await at(first), await at(second)]).toEqual(['a', 'b'])
    const loads = [startLoad(url(first)), startLoad(url(second))]
    await home.api.up(stack('swap', { a: second, b: first }))
    const after = await home.api.settled('swap', 2)
    expect([await at(first), await at(second)]).toEqual(['b', 'a'])
    for (const load of loads) expect((await load.stop()).failed).toEqual([])
    expect(after.deployment).toMatchObject({ outcome: 'ok' })
  })

  it('an update that swaps them and fails is rolled back, and they lead where they led before', { timeout: 120_000 }, async () => {
    await home.api.up(stack('swap', { a: first, b: second }))
    await home.api.settled('swap', 1)
    const loads = [startLoad(url(first)), startLoad(url(second))]
    await home.api.up(stack('swap', { a: second, b: first }, { MODE: 'exits' }))
    const after = await home.api.settled('swap', 3)
    expect(after.deployment).toMatchObject({ cause: 'rollback', outcome: 'ok' })
    expect([await at(first), await at(second)]).toEqual(['a', 'b'])
    for (const load of loads) expect((await load.stop()).failed).toEqual([])
  })

  it('a stack that is gone leaves its port to another one at once', { timeout: 120_000 }, async () => {
    await home.api.up(stack('swap', { a: first, b: second }))
    await home.api.settled('swap', 1)
    await expect(home.api.up(stack('heir', { web: first }))).rejects.toMatchObject({ code: 'LS-PORT-TAKEN' })
    await home.api.down('swap')
    await home.api.until('swap', status => status.gone)
    await home.api.up(stack('heir', { web: first }))
    await home.api.settled('heir', 1)
    expect(await at(first)).toBe('web')
    await expect(fetch(url(second))).rejects.toThrow()
  })
})

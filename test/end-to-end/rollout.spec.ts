import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { startLoad } from './load.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

describe.each(RUNTIMES)('a rollout under load, on runtime %s', runtime => {
  let home: Installation
  beforeEach(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: 17_170 })
  })
  afterEach(() => home.dispose())

  const stack = (version: string, replicas: number, published: number) => ({
    name: `load${published}`,
    services: { web: { replicas, spec: appSpec({ published, environment: { VERSION: version } }) } },
  })

  it.each([
    [4, 18_101],
    [1, 18_102],
  ])('of %i replicas fails no request, and never falls below the budget', { timeout: 120_000 }, async (replicas, port) => {
    const name = `load${port}`
    await home.api.up(stack('1', replicas, port))
    await home.api.settled(name, 1)
    const load = startLoad(`http://127.0.0.1:${port}`)
    await home.api.up(stack('2', replicas, port))
    let fewest = replicas
    await home.api.until(name, status => {
      const ready = status.services[0]!.tasks.filter(task => ['ready', 'available'].includes(task.state)).length
      fewest = Math.min(fewest, ready)
      return status.settled && status.deployment?.number === 2
    })
    const result = await load.stop()
    console.log(
      `${runtime}, ${replicas} replicas: ${result.sent} requests, ${result.perSecond.toFixed(0)}/s, ${result.failed.length} failed, slowest ${result.slowest} ms`,
    )
    expect(result.failed).toEqual([])
    expect(result.sent).toBeGreaterThan(200) // what a second brings stands in the line above; the machine decides it
    expect(fewest).toBeGreaterThanOrEqual(replicas)
  })
})

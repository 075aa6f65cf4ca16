import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StackStatus } from '../../shared/api/contract.ts'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { startLoad } from './load.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

const serving = ({ services: [web] }: StackStatus) =>
  web!.tasks
    .filter(task => task.state === 'available')
    .map(task => task.id)
    .sort()

describe.each(RUNTIMES)('a revision that fails, on runtime %s', runtime => {
  let home: Installation
  beforeEach(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: 17_180 })
  })
  afterEach(() => home.dispose())

  const stack = (name: string, published: number, environment: Record<string, string>, more = {}) => ({
    name,
    services: { web: { replicas: 2, spec: appSpec({ published, environment, ...more }) } },
  })

  it('that exits at once is rolled back in under a minute, the old tasks untouched, with its error told', {
    timeout: 120_000,
  }, async () => {
    await home.api.up(stack('exits', 18_111, { VERSION: '1' }))
    const before = await home.api.settled('exits', 1)
    const load = startLoad('http://127.0.0.1:18111')
    const began = Date.now()
    await home.api.up(stack('exits', 18_111, { VERSION: '2', MODE: 'exits' }))
    const after = await home.api.settled('exits', 3)
    expect(Date.now() - began).toBeLessThan(60_000)
    expect((await load.stop()).failed).toEqual([])
    expect(after.deployment).toMatchObject({ cause: 'rollback', outcome: 'ok' })
    expect(serving(after)).toEqual(serving(before))
    const explained = await home.api.explain('exits', 'web')
    expect(explained.sentence).toMatch(
      /^web runs revision 1: a newer one was tried and given up, since 3 tasks failed .*exited with code 1/,
    )
    const failed = after.services[0]!.ended.filter(task => task.revision === 2)
    const logs = await home.api.call<{ lines: { text: string }[] }>('GET', `/v1/stacks/exits/logs?task=${failed[0]!.id}&tail=20`)
    expect(logs.lines.map(line => line.text).join('\n')).toContain('TypeError: Cannot read properties of undefined')
  })

  it('that never becomes healthy is rolled back, and the old tasks serve on', { timeout: 120_000 }, async () => {
    const check = {
      test: ['CMD', runtime === 'docker' ? '/bin/sh' : 'sh', '-c', 'exit $UNHEALTHY'],
      interval: 500,
      timeout: 10_000, // it says no at once; an old task must not be called ill because the machine is busy
      retries: 1,
      startPeriod: 0,
    }
    await home.api.up(stack('never', 18_112, { UNHEALTHY: '0' }, { healthcheck: check }))
    const before = await home.api.settled('never', 1)
    const load = startLoad('http://127.0.0.1:18112')
    await home.api.up(stack('never', 18_112, { UNHEALTHY: '1' }, { healthcheck: check }))
    const after = await home.api.settled('never', 3)
    expect((await load.stop()).failed).toEqual([])
    expect(serving(after)).toEqual(serving(before))
    expect((await home.api.explain('never', 'web')).sentence).toContain('health check failed')
  })

  it('on the very first deployment stays failed and says why', { timeout: 120_000 }, async () => {
    await home.api.up(stack('first', 18_113, { MODE: 'exits' }))
    const status = await home.api.settled('first', 1)
    expect(status.services[0]).toMatchObject({ outcome: 'failed' })
    expect(status.services[0]!.why).toContain('exited with code 1')
    await home.api.down('first')
    await home.api.until('first', status => status.gone)
  })
})

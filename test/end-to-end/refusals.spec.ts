import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

describe.each(RUNTIMES)('what cannot be deployed, on runtime %s', runtime => {
  let home: Installation
  beforeEach(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: 17_230 })
  })
  afterEach(() => home.dispose())

  const stack = (name: string, published: number, change = {}) => ({
    name,
    services: { web: { replicas: 1, spec: appSpec({ published, update: { monitor: 0 }, ...change }) } },
  })
  const nothingOf = (name: string) => expect(home.api.status(name)).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })

  it('a port that another program listens on is refused before anything is committed', async () => {
    const other = createServer().listen(18_151, '127.0.0.1')
    await expect(home.api.up(stack('taken', 18_151))).rejects.toMatchObject({
      code: 'LS-PORT-TAKEN',
      message: expect.stringContaining('18151'),
    })
    await nothingOf('taken')
    other.close()
  })

  it('a port that another stack publishes is refused, naming that stack', async () => {
    await home.api.up(stack('owner', 18_152))
    await home.api.settled('owner', 1)
    await expect(home.api.up(stack('rival', 18_152))).rejects.toMatchObject({ code: 'LS-PORT-TAKEN' })
    await nothingOf('rival')
    await home.api.down('owner')
    await home.api.until('owner', status => status.gone)
    await home.api.up(stack('rival', 18_152)) // the port is free the moment its owner is gone
    await home.api.settled('rival', 1)
  })

  it('the same deployment again plans nothing, and changes nothing', async () => {
    await home.api.up(stack('twice', 18_153))
    await home.api.settled('twice', 1)
    const plan = await home.api.plan(stack('twice', 18_153))
    expect(plan.changes).toMatchObject([{ service: 'web', change: 'none' }])
    expect(await home.api.up(stack('twice', 18_153))).toMatchObject({ changed: false, deployment: 1 })
  })

  it('a spec of another shape is refused with the path of the field', async () => {
    const wrong = {
      name: 'shape',
      services: { web: { spec: { ...stack('shape', 18_154).services.web.spec, ports: [{ target: 99_999 }] } } },
    }
    await expect(home.api.up(wrong as never)).rejects.toMatchObject({
      code: 'LS-REQUEST-INVALID',
      message: expect.stringContaining('spec.services.web.spec.ports.0'),
    })
  })

  if (runtime === 'docker') {
    it('an image that does not exist is refused before anything is committed', { timeout: 60_000 }, async () => {
      await expect(home.api.up(stack('image', 18_155, { image: 'longshore-test/no-such-image:1' }))).rejects.toMatchObject({
        code: 'LS-IMAGE-NOT-FOUND',
      })
      await nothingOf('image')
    })
  } else {
    it('a service that does not say how it runs as a process is refused with the reason', async () => {
      await expect(home.api.up(stack('image', 18_155, { process: undefined }))).rejects.toMatchObject({
        code: 'LS-RUNTIME-UNSUPPORTED',
        message: expect.stringContaining('x-longshore.process'),
      })
      await nothingOf('image')
    })
  }
})

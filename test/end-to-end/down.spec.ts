import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

describe.each(RUNTIMES)('a stack that is taken down, on runtime %s', runtime => {
  let home: Installation
  beforeEach(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: 17_210 })
  })
  afterEach(() => home.dispose())

  const left = (stack: string): readonly string[] => {
    if (runtime === 'process') return existsSync(join(home.folder, 'tasks')) ? readdirSync(join(home.folder, 'tasks')) : []
    const list = (...args: string[]) =>
      execFileSync('docker', [...args, '--filter', `label=longshore.stack=${stack}`], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
    return [...list('ps', '-aq'), ...list('network', 'ls', '-q'), ...list('volume', 'ls', '-q')]
  }

  it('leaves nothing behind: no task, container, network or volume', { timeout: 60_000 }, async () => {
    const volumes = runtime === 'docker' ? [{ type: 'volume' as const, source: 'gone_data', target: '/data', readOnly: false }] : []
    const networks = [{ name: 'gone_default', aliases: [] }]
    await new Promise(resolve => setTimeout(resolve, 1_000)) // containers are dated by whole seconds; those of the host's own first second stay for the hour
    await home.api.up({
      name: 'gone',
      services: { web: { replicas: 2, spec: appSpec({ published: 18_131, volumes, networks, update: { monitor: 0 } }) } },
    })
    await home.api.settled('gone', 1)
    expect(left('gone').length).toBeGreaterThan(0)
    await home.api.call('DELETE', '/v1/stacks/gone?volumes=true')
    await home.api.until('gone', status => status.gone)
    const deadline = Date.now() + 10_000
    while (left('gone').length > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 50))
    expect(left('gone')).toEqual([])
    await expect(fetch('http://127.0.0.1:18131/')).rejects.toThrow()
  })

  it('comes again with the next numbers (L2)', { timeout: 60_000 }, async () => {
    const stack = (version: string) => ({
      name: 'again',
      services: { web: { replicas: 1, spec: appSpec({ published: 18_132, environment: { VERSION: version }, update: { monitor: 0 } }) } },
    })
    await home.api.up(stack('1'))
    await home.api.settled('again', 1)
    await home.api.down('again')
    await home.api.until('again', status => status.gone)
    await home.api.up(stack('2'))
    const status = await home.api.settled('again', 3)
    expect(status.deployment?.number).toBe(3)
    expect(status.services[0]!.revision).toBe(2)
  })
})

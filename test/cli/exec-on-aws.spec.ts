import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { error, FakeHost } from './fake-api.ts'
import { run } from './run-in-process.ts'

const CLOUD = { version: '0.1.0', installation: 'longshore', runtime: 'ecs', runtimeDetail: 'tasks of cluster longshore' }
const PLACE = {
  ...{ task: 'web.1', sessionId: 's-1', streamUrl: 'wss://example/1', tokenValue: 'a-token' },
  ...{ target: 'ecs:longshore_t_r', region: 'eu-west-1' },
}

describe('exec into a task on AWS', () => {
  let host: FakeHost
  let folder: string
  const exec = (words: string) =>
    run(['--data', host.folder, '-p', 'shop', ...words.split(' ')], { cwd: folder, env: { PATH: join(folder, 'bin') } })
  /** Writes down what it is called with, a word a line, and ends as it is told. */
  const install = (code: number) => {
    mkdirSync(join(folder, 'bin'))
    const file = join(folder, 'bin', 'session-manager-plugin')
    writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exit 0\nprintf '%s\\n' "$@" >'${folder}/called'\nexit ${code}\n`)
    chmodSync(file, 0o755)
  }
  const opened = () => host.asked.filter(({ path }) => path.endsWith('/exec'))

  beforeEach(async () => {
    host = await new FakeHost(CLOUD).start()
    host.answers = { 'POST /v1/stacks/shop/exec': () => ({ body: PLACE }) }
    folder = mkdtempSync(join(tmpdir(), 'longshore-exec-'))
  })
  afterEach(async () => {
    await host.stop()
    rmSync(folder, { recursive: true })
  })

  it('hands the session to AWS’s plugin as the AWS CLI does, and ends as it ends', async () => {
    install(7)
    const { code, out, err } = await exec('exec web psql -c select')
    expect([code, out, err]).toEqual([7, '', ''])
    expect(opened()).toEqual([
      {
        method: 'POST',
        path: '/v1/stacks/shop/exec',
        key: expect.any(String),
        body: { subject: 'web', command: ['psql', '-c', 'select'] },
      },
    ])
    const called = readFileSync(join(folder, 'called'), 'utf8').split('\n')
    expect(JSON.parse(called[0]!)).toEqual({ SessionId: 's-1', StreamUrl: 'wss://example/1', TokenValue: 'a-token' })
    expect(called.slice(1)).toEqual([
      ...['eu-west-1', 'StartSession', '', '{"Target":"ecs:longshore_t_r"}', 'https://ssm.eu-west-1.amazonaws.com', ''],
    ])
  })

  it('says what to install where the plugin is missing, and opens nothing', async () => {
    const { code, err } = await exec('exec web sh')
    expect([code, err]).toEqual([1, expect.stringContaining('LS-PLUGIN-MISSING')])
    expect(err).toContain('https://docs.aws.amazon.com/systems-manager/')
    expect(opened()).toEqual([])
  })

  it.each(['-u root', '-w /srv', '-e A=1', '-T', '--format json'])('%s: refused, since ECS has no way to say it', async flag => {
    install(0)
    const { code, err } = await exec(`exec ${flag} web sh`)
    expect([code, err]).toEqual([2, expect.stringContaining('on AWS')])
    expect(opened()).toEqual([])
  })

  it('a refusal of the API is told, and the plugin is not called', async () => {
    install(0)
    host.answers = {
      'POST /v1/stacks/shop/exec': () => error(422, 'LS-RUNTIME-UNSUPPORTED', 'its file does not say so', { hint: 'exec: true' }),
    }
    const { code, err } = await exec('exec web.1 sh')
    expect([code, err]).toEqual([1, expect.stringContaining('its file does not say so')])
    expect(existsSync(join(folder, 'called'))).toBe(false)
  })
})

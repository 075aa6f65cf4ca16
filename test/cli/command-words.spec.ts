import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findFiles } from '../../cli/compose-files.ts'
import { idempotencyKey } from '../../cli/idempotency-key.ts'
import { UsageError } from '../../cli/io.ts'
import { parseTime } from '../../cli/parse-time.ts'
import { settingsOf, withoutOff } from '../../cli/settings.ts'
import { deployment, error, FakeHost, inTurn, service, status } from './fake-api.ts'
import { run } from './run-in-process.ts'

const SETTLED = status(deployment(1, { outcome: 'ok' }), [service()])

describe('the command line', () => {
  let host: FakeHost
  beforeEach(async () => {
    host = await new FakeHost().start()
    host.answers = { 'GET /v1/stacks/shop': inTurn(SETTLED) }
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await host.stop()
  })

  it('takes what holds everywhere before the word and after it', async () => {
    const first = await run(['--data', host.folder, '-p', 'shop', '--format', 'json', 'status'])
    const last = await run(['status', '-p', 'shop', '--data', host.folder, '--format', 'json'])
    expect(first).toEqual(last)
    expect(JSON.parse(first.out)).toEqual(SETTLED)
  })

  it('takes flags from the environment, and what is typed wins', async () => {
    vi.stubEnv('LONGSHORE_FORMAT', 'json')
    const env = { LONGSHORE_DATA: host.folder, LONGSHORE_PROJECT_NAME: 'shop' }
    expect(JSON.parse((await run(['status'], { env })).out)).toEqual(SETTLED)
    expect((await run(['status', '--format', 'table'], { env })).out).toMatch(/^stack shop: /)
  })

  it.each(['0', 'false', 'no', ''])('LONGSHORE_DETACH=%s is not on', async value => {
    vi.stubEnv('LONGSHORE_DETACH', value)
    host.answers = {
      'GET /v1/stacks/shop': inTurn(SETTLED),
      'POST /v1/stacks/shop/running': () => ({ status: 202, body: { stack: 'shop', version: 2, deployment: 1, changed: true } }),
      'GET /v1/stacks/shop/history': () => ({ body: { stack: 'shop', deployments: [deployment(1, { outcome: 'ok' })], revisions: [] } }),
    }
    expect((await run(['--data', host.folder, '-p', 'shop', 'restart'])).out).toContain('Done in')
  })

  it('a scale whose wait runs out ends with 1 and says where to look, as JSON too', async () => {
    const going = status(deployment(1, { outcome: 'ok' }), [service({ desired: 3, available: 2, live: 3 })])
    host.answers = {
      'GET /v1/stacks/shop': inTurn(going),
      'POST /v1/stacks/shop/services/web/scale': () => ({ status: 202, body: { stack: 'shop', version: 2, deployment: 1, changed: true } }),
    }
    const scale = ['--data', host.folder, '-p', 'shop', 'scale', 'web=3', '--wait-timeout', '0']
    const ran = await run(scale)
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('longshore explain web says why')])
    const json = await run([...scale, '--format', 'json'])
    expect([json.code, JSON.parse(json.out)]).toEqual([1, { stack: 'shop', scaled: [{ service: 'web', replicas: 3 }] }])
  })

  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['staus'], /Did you mean status\?/],
    [['ps', '--frob'], /unknown option '--frob'/],
    [['ps', '--format', 'xml'], /'xml' is invalid/],
    [['explain'], /missing required argument 'subject'/],
    [['up', '--wait-timeout', 'soon'], /"soon" is no number of seconds/],
    [['-p', 'shop', 'scale', 'web'], /"web" is not service=count/],
    [['-p', 'shop', 'status', '--at', 'teatime'], /"teatime" is no time/],
  ])('%j ends with 2 and says why, on standard error', async (argv, expected) => {
    const { code, out, err } = await run(['--data', host.folder, ...argv])
    expect(err).toMatch(expected)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('--help of all and of each command ends with 0, and tells the exit codes', async () => {
    const all = await run(['--help'])
    expect(all.code).toBe(0)
    expect(all.out).toMatch(/130 +interrupted/)
    for (const word of [...all.out.matchAll(/^ {2}([a-z]+) /gm)].map(match => match[1]!)) expect((await run([word, '--help'])).code).toBe(0)
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('down of a stack that is not there has nothing to do', async () => {
    host.answers = { 'DELETE /v1/stacks/shop': () => error(404, 'LS-NOT-FOUND', 'there is no stack shop') }
    const { code, out } = await run(['--data', host.folder, '-p', 'shop', 'down'])
    expect(out).toBe('There is no stack shop: nothing to take down.\n')
    expect(code).toBe(0)
  })

  it('down --volumes asks for them too, and ends when nothing is left', async () => {
    const removing = service({ removed: true, outcome: undefined, desired: 0, tasks: [] })
    const gone = deployment(2, { cause: 'remove', outcome: 'ok' })
    host.answers = {
      'DELETE /v1/stacks/shop': () => ({ status: 202, body: { stack: 'shop', version: 3, deployment: 2, changed: true } }),
      'GET /v1/stacks/shop': inTurn(
        status(deployment(2, { cause: 'remove' }), [removing]),
        status(gone, [service({ removed: true, desired: 0 })], { gone: true }),
      ),
      'GET /v1/stacks/shop/history': () => ({ body: { stack: 'shop', deployments: [gone], revisions: [] } }),
    }
    const { code, out } = await run(['--data', host.folder, '-p', 'shop', 'down', '-v'])
    expect(host.asked.map(({ path }) => path)).toContain('/v1/stacks/shop?volumes=true')
    expect(out).toMatch(/web {3}being removed .*\n {2}web {3}done: removed .*\nGone in/)
    expect(code).toBe(0)
  })

  it('logs stops at the end of what there is, though tasks print all the time', async () => {
    const line = { service: 'web', number: 1, task: 'a', at: 0, stream: 'stdout', text: 'x' }
    host.answers = {
      'GET /v1/stacks/shop/logs': (_, count) => ({ body: { lines: [{ ...line, text: `${count}` }], cursor: 'c', ended: false } }),
    }
    const { out } = await run(['--data', host.folder, 'logs', '-p', 'shop', '--no-prefix'])
    expect(out).toBe('0\n')
  })

  it('logs -f goes on from the cursor until Ctrl-C, which is 130', async () => {
    const interrupt = new AbortController()
    const page = (said: string) => ({
      lines: [{ service: 'web', number: 1, task: 'a', at: 0, stream: 'stdout', text: said }],
      cursor: `after-${said}`,
      ended: false,
    })
    host.answers = {
      'GET /v1/stacks/shop/logs': (_, count) => {
        if (count === 2) interrupt.abort()
        return { body: page(['a', 'b', 'c'][count] ?? 'd') }
      },
    }
    const { code, out } = await run(['--data', host.folder, '-p', 'shop', 'logs', '-f', 'web'], { interrupt: interrupt.signal })
    expect(out).toMatch(/^web-1 {2}\| a\nweb-1 {2}\| b\n/)
    expect(host.asked.at(-1)!.path).toBe('/v1/stacks/shop/logs?cursor=after-b&wait=20&services=web')
    expect(code).toBe(130)
  })

  it('another host on the port of this folder is not taken for ours', async () => {
    writeFileSync(join(host.folder, 'token'), 'another')
    const { code, err } = await run(['--data', host.folder, 'ls'])
    expect(err).toMatch(/^LS-HOST-UNREACHABLE {2}no Longshore host runs on/)
    expect(code).toBe(1)
  })
})

describe('settings', () => {
  const of = (program: object, command: object, env = {}) =>
    settingsOf({ program: program as never, command: command as never, env, cwd: '/w' })

  it('lists add up over the word; one value after it wins', () => {
    expect(of({ file: ['a'], data: '/x' }, { file: ['b'], data: 'y' })).toMatchObject({ files: ['a', 'b'], data: '/w/y' })
  })

  it('files by our variable, then by that of Compose', () => {
    const COMPOSE_FILE = ['c.yaml', 'd.yaml'].join(delimiter)
    expect(of({}, {}, { COMPOSE_FILE }).files).toEqual(['c.yaml', 'd.yaml'])
    expect(of({}, {}, { COMPOSE_FILE, LONGSHORE_FILE: 'l.yaml' }).files).toEqual(['l.yaml'])
    expect(of({ file: ['a'] }, {}, { COMPOSE_FILE }).files).toEqual(['a'])
  })

  it('variables that say no are no flags; others are left alone', () => {
    const env: NodeJS.ProcessEnv = { LONGSHORE_YES: 'off', LONGSHORE_WAIT: '1', OTHER: '0' }
    withoutOff(env)
    expect(env).toEqual({ LONGSHORE_WAIT: '1', OTHER: '0' })
  })
})

describe('Compose files', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'longshore-files-'))
    mkdirSync(join(folder, 'a/b'), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const put = (name: string) => writeFileSync(join(folder, name), '')

  it('are looked for in the folders above, by the names of Compose in their order, with the override beside them', () => {
    for (const name of ['docker-compose.yml', 'compose.yml', 'compose.override.yml']) put(name)
    expect(findFiles(join(folder, 'a/b'), [])).toEqual({
      files: [join(folder, 'compose.yml'), join(folder, 'compose.override.yml')],
      projectDirectory: folder,
    })
    put('a/compose.yaml')
    expect(findFiles(join(folder, 'a/b'), []).files).toEqual([join(folder, 'a/compose.yaml')])
  })

  it('that are named are taken without an override', () => {
    put('compose.override.yml')
    expect(findFiles(folder, ['a/x.yml', 'y.yml'])).toEqual({
      files: [join(folder, 'a/x.yml'), join(folder, 'y.yml')],
      projectDirectory: join(folder, 'a'),
    })
  })
})

describe('times', () => {
  const now = new Date(2026, 10, 25, 12, 0, 0).getTime()
  const at = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime()
  it.each([
    ['10m', now - 600_000],
    ['1.5h ago', now - 5_400_000],
    ['2d', now - 172_800_000],
    ['11:30', at(2026, 10, 25, 11, 30)],
    ['14:00:05', at(2026, 10, 24, 14, 0, 5)],
    ['2026-11-20', at(2026, 10, 20)],
    ['2026-11-20 14:00', at(2026, 10, 20, 14)],
    ['2026-11-20T14:00:00Z', Date.UTC(2026, 10, 20, 14)],
  ])('%s', (text, expected) => expect(parseTime(text, now)).toBe(expected))

  it.each(['25:00', 'yesterday', '10', '', '10 weeks', '2026-99-99'])('"%s" is none', text => {
    expect(() => parseTime(text, now)).toThrow(UsageError)
  })
})

describe('the key of a command', () => {
  it('is a UUIDv7: ordered by time, version and variant set', () => {
    expect(idempotencyKey(0x0123_4567_89ab, new Uint8Array(10).fill(0xff))).toBe('01234567-89ab-7fff-bfff-ffffffffffff')
    expect(idempotencyKey(1) < idempotencyKey(2)).toBe(true)
    expect(idempotencyKey(1)).not.toBe(idempotencyKey(1))
  })
})

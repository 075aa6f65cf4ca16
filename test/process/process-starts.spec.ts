import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { spawnGated } from '../../shared/adapters/process/supervisor-child.ts'
import { shortTasksFolder } from '../../shared/adapters/process/supervisor-client.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { eventually } from '../contracts/eventually.ts'
import { ended, freshRequest } from '../contracts/runtime-harness.ts'
import { makeWorld, processesOf, scripted, supervisorsOf } from './process-world.ts'

const world = makeWorld()
afterAll(() => world.close())
const runtime = world.open()
const request = (spec: ServiceSpec) => freshRequest(world.options, spec)
const plainFile = join(world.folder, 'plain-file')
writeFileSync(plainFile, 'not a program', { mode: 0o600 })
const taskFolder = (id: string): string => join(world.folder, 'tasks', id)

describe('starting processes', () => {
  it('E3: starts one child for 10 requests at once through two adapters', async () => {
    const starts = join(world.folder, 'starts')
    appendFileSync(starts, '')
    const wanted = request(scripted(`echo started >> ${starts}; sleep 60`))
    const adapters = [world.open(), world.open()]
    const facts = await Promise.all(Array.from({ length: 10 }, (_, index) => adapters[index % 2]!.start(wanted)))
    expect(new Set(facts.map(fact => `${fact.state} ${fact.runtimeId}`)).size).toBe(1)
    expect(facts[0]!.state).toBe('running')
    await eventually('the child ran', () => readFileSync(starts, 'utf8') !== '')
    await eventually('the losers are gone', () => supervisorsOf(wanted.id).length === 1)
    expect(processesOf(wanted.id).filter(one => one.pid === one.group).length).toBe(1)
    expect(readFileSync(starts, 'utf8')).toBe('started\n')
  })

  it('E3: one child also for adapters that each launch a supervisor at the same moment, over and over', async () => {
    const starts = join(world.folder, 'races')
    appendFileSync(starts, '')
    const wanted = Array.from({ length: 6 }, () => request(scripted(`echo "$LONGSHORE_TASK_ID" >> ${starts}; exit 0`)))
    const adapters = [world.open(), world.open(), world.open()]
    await Promise.all(wanted.flatMap(one => adapters.map(adapter => adapter.start(one))))
    await Promise.all(wanted.map(one => ended(runtime, one.id)))
    await eventually('no supervisor is left', () => wanted.every(one => supervisorsOf(one.id).length === 0))
    expect(readFileSync(starts, 'utf8').trim().split('\n').sort()).toEqual(wanted.map(one => one.id).sort())
  })

  it('M5: a folder that nobody claimed never started, and is made anew', async () => {
    const wanted = request(scripted('exit 6'))
    mkdirSync(taskFolder(wanted.id), { recursive: true })
    expect(await runtime.lookup(wanted.id)).toBeUndefined()
    expect((await runtime.list()).map(seen => seen.id)).not.toContain(wanted.id)
    await runtime.start(wanted)
    expect((await ended(runtime, wanted.id)).exit).toMatchObject({ code: 6, reason: 'exited with code 6' })
  })

  it('M5: a claim whose supervisor died before it recorded a child is ended, never started', async () => {
    const mark = join(world.folder, 'never')
    const wanted = request(scripted(`touch ${mark}`))
    mkdirSync(taskFolder(wanted.id), { recursive: true })
    const { id, stream, intent } = wanted
    const labels = { installation: 'here', id, stream, intent }
    const claim = { labels, supervisor: { pid: 2 ** 22 + 1, start: 'long ago' }, at: Date.now() }
    writeFileSync(join(taskFolder(id), 'claim.json'), JSON.stringify(claim))
    const fact = await runtime.start(wanted)
    expect(fact).toMatchObject({ state: 'stopped', exit: { reason: 'its supervisor died before the task began' } })
    expect(await runtime.start(wanted)).toEqual(fact)
    expect(existsSync(mark)).toBe(false)
  })

  it('invariant 4: a child whose supervisor dies before it let it go never becomes the program', async () => {
    const mark = join(world.folder, 'through-the-gate')
    for (const isLetGo of [false, true]) {
      const gated = spawnGated(['/bin/sh', '-c', `echo through >> ${mark}`], '/', { PATH: '/bin:/usr/bin' })
      const ended = new Promise<number | null>(resolve => gated.child.once('exit', resolve))
      if (isLetGo) gated.letGo()
      else (gated.child.stdio[3] as Writable).destroy()
      expect(await ended).toBe(isLetGo ? 0 : 125)
      expect(existsSync(mark)).toBe(isLetGo)
    }
  })

  it.each([
    ['a program that is not on the PATH', { command: ['no-such-program'] }, 'no-such-program on the PATH'],
    ['a program that is no file', { command: ['/tmp'] }, '/tmp'],
    ['a file that may not be run', { command: [plainFile] }, 'plain-file'],
    ['a folder that is not there', { command: ['sleep', '1'], cwd: '/no/such/folder' }, '/no/such/folder'],
    ['a command with a zero byte', { command: ['sleep', '1\0'] }, 'could not start'],
  ])('refuses %s, and answers the same again', async (_, process, message) => {
    const wanted = request({ ...scripted(''), process })
    const fact = await runtime.start(wanted)
    expect(fact).toMatchObject({ state: 'refused', refusal: { kind: 'revision', code: 'LS-COMMAND-NOT-FOUND' } })
    expect(fact.refusal!.message).toContain(message)
    expect(await world.open().start(wanted)).toEqual(fact)
    expect(await runtime.lookup(wanted.id)).toEqual(fact)
  })

  it('refuses a variable that is longer than the system takes', async () => {
    const fact = await runtime.start(request(scripted('exit 0', { environment: { BIG: 'x'.repeat(131_072) } })))
    expect(fact).toMatchObject({ state: 'refused', refusal: { kind: 'revision', code: 'LS-SPEC-LIMIT' } })
  })

  it.each<[string, Partial<ServiceSpec>, string]>([
    ['no way to run as a process', { process: undefined }, 'x-longshore.process'],
    ['a volume', { volumes: [{ type: 'volume', source: 'data', target: '/data', readOnly: false }] }, '/data'],
    ['a bind mount', { volumes: [{ type: 'bind', source: '/etc', target: '/conf', readOnly: false }] }, '/conf'],
    ['more rights', { privileged: true }, 'privileged'],
    ['capabilities', { capAdd: ['NET_ADMIN'] }, 'NET_ADMIN'],
    ['another user', { user: 'somebody-else' }, 'somebody-else'],
    [
      'two files of one name',
      {
        files: [
          { kind: 'config', name: 'app', target: '/a', content: 'x' },
          { kind: 'secret', name: 'app', target: '/b', secret: 'app' },
        ],
      },
      'LONGSHORE_FILE_APP',
    ],
  ])('M5: refuses a spec with %s before the intent, and at the start', async (_, changes, word) => {
    const spec = scripted('exit 0', changes)
    expect(await runtime.prepare(spec)).toEqual({ refused: expect.stringContaining(word) })
    const wanted = request(spec)
    expect(await runtime.start(wanted)).toMatchObject({ state: 'refused', refusal: { kind: 'revision', code: 'LS-RUNTIME-UNSUPPORTED' } })
    expect(existsSync(taskFolder(wanted.id))).toBe(false)
  })

  it('takes a bind of a path onto itself, which a process sees anyway', async () => {
    const spec = scripted('exit 0', { volumes: [{ type: 'bind', source: '/tmp', target: '/tmp', readOnly: false }] })
    expect(await runtime.prepare(spec)).toBeUndefined()
  })

  it('never leaves its folder for an id that looks like a path', async () => {
    const wanted = { ...request(scripted('exit 0')), id: '../outside' }
    expect(await runtime.start(wanted)).toMatchObject({ state: 'refused' })
    expect(await runtime.lookup('../outside')).toBeUndefined()
    expect(await runtime.logs('../../etc', {})).toEqual([])
    await runtime.stop('../outside', { graceMs: 0 })
    expect(existsSync(join(world.folder, 'outside'))).toBe(false)
  })

  it('works in a folder whose path is longer than the name of a socket can be', async () => {
    const under = join(world.folder, 'x'.repeat(120))
    mkdirSync(under)
    const far = makeWorld(under)
    try {
      const second = far.open()
      const wanted = freshRequest(far.options, scripted('sleep 60'))
      expect(await second.start(wanted)).toMatchObject({ state: 'running' })
      await second.stop(wanted.id, { graceMs: 5_000 })
      expect((await ended(second, wanted.id)).exit).toMatchObject({ reason: 'stopped' })
    } finally {
      rmSync(shortTasksFolder(far.folder))
      await far.close()
      rmSync(under, { recursive: true, force: true })
    }
  })
})

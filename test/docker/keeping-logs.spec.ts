import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { KeptLogs } from '../../shared/adapters/docker/kept-logs.ts'
import type { LogLine } from '../../shared/ports/runtime.ts'
import { dockerPrograms, shellSpec } from '../contracts/docker-harness.ts'
import { ended, freshRequest, hasPrinted, textsOf } from '../contracts/runtime-harness.ts'
import { describeWithEngine } from './with-engine.ts'

const LONG = 'y'.repeat(40_000)

describeWithEngine('the logs of a container', given => {
  it('M6: are kept when it is removed, for a reader in the middle of them too', async () => {
    const { runtime, dataFolder, reopen, installation } = given()
    const request = freshRequest(given(), dockerPrograms.exits({ code: 1, afterMs: 0, prints: `hello\n${LONG}\nworld` }))
    await runtime.start(request)
    await ended(runtime, request.id)
    const before = await runtime.logs(request.id, {})
    await runtime.collect(Date.now() + 60_000)
    expect(await runtime.lookup(request.id)).toBeUndefined()
    expect(await runtime.logs(request.id, {})).toEqual(before)
    expect(before.map(line => line.text)).toEqual(['hello', LONG, 'world'])
    expect((await runtime.logs(request.id, { after: before[1]!.cursor })).map(line => line.text)).toEqual(['world'])
    expect((await (await reopen(installation)).logs(request.id, { tail: 1 })).map(line => line.text)).toEqual(['world'])
    expect((await stat(join(dataFolder, 'logs', `${request.id}.jsonl`))).mode & 0o777).toBe(0o600)
  })

  it('are bounded once they are kept: the newest lines of a task, the newest tasks', async () => {
    const { dataFolder } = given()
    const kept = new KeptLogs(join(dataFolder, 'bounded'))
    const line = (index: number): LogLine => ({
      task: 't',
      stream: 'stdout',
      at: index,
      text: 'z'.repeat(100_000),
      cursor: `1.000000000.${index}`,
    })
    await kept.keep(
      't-1',
      Array.from({ length: 120 }, (_, index) => line(index)),
    )
    const read = await kept.read('t-1', {})
    expect(read.length).toBeLessThan(84)
    expect(read.at(-1)!.at).toBe(119)
    await kept.keep('t-2', [line(1)])
    await kept.prune(200_000)
    expect(await readdir(join(dataFolder, 'bounded', 'logs'))).toEqual(['t-2.jsonl'])
    expect(await kept.read('../../etc/passwd', {})).toEqual([])
  })

  it('case 35: hold back a line that has no end yet, while the task runs', async () => {
    const { runtime } = given()
    const script = `printf %s "$LONG"; echo marker >&2; sleep 1; echo end; while :; do sleep 1; done`
    const request = freshRequest(given(), shellSpec(script, { LONG }))
    await runtime.start(request)
    await hasPrinted(runtime, request.id, 'marker')
    expect((await textsOf(runtime, request.id)).map(text => text.length)).toEqual([6])
    await hasPrinted(runtime, request.id, `${LONG}end`)
    await runtime.stop(request.id, { graceMs: 0 })
  })

  it('give the last lines whole, though the engine counts the parts of long ones', async () => {
    const { runtime } = given()
    const request = freshRequest(
      given(),
      shellSpec('i=0; while [ $i -lt 100 ]; do echo "line $i"; head -c 40000 /dev/zero | tr "\\0" y; echo; i=$((i+1)); done'),
    )
    await runtime.start(request)
    await ended(runtime, request.id)
    const lines = await runtime.logs(request.id, { tail: 100 })
    expect(lines.length).toBe(100)
    expect(lines[0]!.text).toBe('line 50')
    expect(lines.filter((_, index) => index % 2).every(line => line.text === LONG)).toBe(true)
  })

  it('of a terminal are lines as well', async () => {
    const { runtime } = given()
    const request = freshRequest(given(), { ...shellSpec('echo one; printf %s "$LONG"; echo; printf two', { LONG }), tty: true })
    await runtime.start(request)
    await ended(runtime, request.id)
    expect(await textsOf(runtime, request.id)).toEqual(['one', LONG, 'two'])
  })

  it('hold no line of another task', async () => {
    const { runtime, dataFolder } = given()
    const files = await readdir(join(dataFolder, 'logs'))
    for (const name of files) {
      const task = name.replace('.jsonl', '')
      const lines = (await readFile(join(dataFolder, 'logs', name), 'utf8')).split('\n').filter(Boolean)
      expect(lines.every(line => (JSON.parse(line) as LogLine).task === task)).toBe(true)
      expect((await runtime.logs(task, {})).length).toBe(lines.length)
    }
  })
})

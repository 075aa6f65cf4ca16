import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ignoreRules } from '../../shared/adapters/docker/dockerignore.ts'
import { refusalOf } from '../../shared/adapters/docker/engine-errors.ts'
import { exitOf } from '../../shared/adapters/docker/facts.ts'
import { shownHealth } from '../../shared/adapters/docker/list-tasks.ts'
import { linesOf, messagesOf, terminalMessagesOf } from '../../shared/adapters/docker/log-frames.ts'
import { PullProgress } from '../../shared/adapters/docker/pull-progress.ts'
import { freeSubnets, parseRange, parseRoutes } from '../../shared/adapters/docker/subnets.ts'
import { tarOf } from '../../shared/adapters/docker/tar.ts'
import { Slots, Turns } from '../../shared/adapters/docker/turns.ts'
import { familiarName, parseReference } from '../../shared/domain/image-reference.ts'

describe('subnets', () => {
  it('touch no range that is in use, small or large', () => {
    const [first] = freeSubnets([])
    expect(first).toBe('10.220.0.0/22')
    expect([...freeSubnets(['10.220.0.128/26'])][0]).toBe('10.220.4.0/22')
    expect([...freeSubnets(['10.0.0.0/8'])][0]).toBe('172.28.0.0/22')
    expect([...freeSubnets(['0.0.0.0/0'])]).toEqual([])
    expect([...freeSubnets(['fd00::/64', 'nonsense', ''])].length).toBe(768)
  })

  it("read Linux's table of routes, without the default route", () => {
    const table =
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t3\t0\t0\t0\t00000000\ntun0\t0000DC0A\t0\t1\t0\t0\t0\t0000FCFF\n'
    expect(parseRoutes(table)).toEqual(['10.220.0.0/14'])
    expect(parseRoutes('')).toEqual([])
    expect(parseRange('10.1.2.3/24')).toEqual({ first: 10 * 2 ** 24 + 2 ** 16 + 2 * 256, bits: 24 })
    expect(parseRange('10.1.2.300/24')).toBeUndefined()
  })
})

describe('.dockerignore', () => {
  const ignored = (text: string, path: string) => ignoreRules(text).ignores(path)
  it.each([
    ['node_modules', 'node_modules/a/b', true],
    ['node_modules', 'x/node_modules', false],
    ['**/node_modules', 'x/y/node_modules/z', true],
    ['**/node_modules', 'node_modules', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['*.md\n!README.md', 'README.md', false],
    ['!README.md\n*.md', 'README.md', true],
    ['/a//b/', 'a/b/c', true],
    ['./a', 'a', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[ab].txt', 'b.txt', true],
    ['[^ab].txt', 'b.txt', false],
    ['a.c', 'abc', false],
    ['a+(b)', 'a+(b)', true],
    ['# a', '# a', false],
    ['  spaced  ', 'spaced', true],
    ['**', 'anything/at/all', true],
    ['foo/**/bar', 'foo/bar', true],
    ['foo/**/bar', 'foo/1/2/bar', true],
    ['.', 'a', false],
    ['', 'a', false],
  ])('%j on %s: %s', (text, path, expected) => expect(ignored(text, path)).toBe(expected))
})

describe('how a task ended', () => {
  const at = 100_000
  const reason = (end: { code: number; oomKilled?: boolean; memory?: number; error?: string }, asked?: { at: number; graceMs: number }) =>
    exitOf({ oomKilled: false, at, ...end }, asked).reason
  it.each([
    [reason({ code: 1 }), 'exited with code 1'],
    [reason({ code: 0 }), 'exited with code 0'],
    [reason({ code: 137 }), 'killed by SIGKILL'],
    [reason({ code: 139 }), 'exited with code 139 (SIGSEGV)'],
    [reason({ code: 137, oomKilled: true, memory: 64 * 1_048_576 }), 'killed: out of memory (limit 64 MB)'],
    [reason({ code: 1, oomKilled: true }), 'exited with code 1 (a process in it was killed: out of memory)'],
    [reason({ code: 137 }, { at: at - 4_000, graceMs: 4_000 }), 'killed after its grace period of 4 s'],
    [reason({ code: 137 }, { at: at - 1_000, graceMs: 4_000 }), 'killed by SIGKILL'],
    [reason({ code: 0 }, { at, graceMs: 4_000 }), 'stopped'],
    [reason({ code: 143 }, { at, graceMs: 4_000 }), 'stopped'],
    [reason({ code: 2 }, { at, graceMs: 4_000 }), 'stopped, exited with code 2'],
  ])('%s', (actual, expected) => expect(actual).toBe(expected))
})

describe('what a failed call to the engine means', () => {
  const kind = (statusCode: number | undefined, message: string) =>
    refusalOf(Object.assign(new Error(message), { statusCode, json: { message } }))?.kind
  it.each([
    [undefined, 'socket hang up', undefined],
    [500, 'something odd', undefined],
    [503, 'service unavailable', undefined],
    [400, 'Range of CPUs is from 0.01 to 2.00', 'revision'],
    [400, 'OCI runtime create failed: exec: "x": executable file not found in $PATH', 'revision'],
    [500, 'OCI runtime create failed: mkdir: no space left on device', 'capacity'],
    [500, 'driver failed programming external connectivity: port is already allocated', 'capacity'],
    [404, 'No such image: nowhere:1', 'revision'],
    [403, 'no available IPv4 addresses on this network', 'capacity'],
  ] as const)('%s %s: %s', (status, message, expected) => expect(kind(status, message)).toBe(expected))
})

describe('image references', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'nginx'],
    ['nginx:1.27', 'docker.io', 'library/nginx', 'nginx'],
    ['user/app@sha256:00', 'docker.io', 'user/app', 'user/app'],
    ['localhost/app:1', 'localhost', 'app', 'localhost/app'],
    ['127.0.0.1:5000/a/b:1', '127.0.0.1:5000', 'a/b', '127.0.0.1:5000/a/b'],
    ['ghcr.io/u/app', 'ghcr.io', 'u/app', 'ghcr.io/u/app'],
  ])('%s', (text, registry, repository, familiar) => {
    expect(parseReference(text)).toMatchObject({ registry, repository })
    expect(familiarName(parseReference(text))).toBe(familiar)
  })
})

describe('log messages', () => {
  async function* chunks(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const frame = (stream: 1 | 2, payload: string): Buffer => {
    const body = Buffer.from(payload)
    const head = Buffer.alloc(8)
    head[0] = stream
    head.writeUInt32BE(body.length, 4)
    return Buffer.concat([head, body])
  }
  const T = '2026-11-25T04:00:00.000000001Z'

  it('are joined into lines for each stream, however the bytes arrive', async () => {
    const bytes = Buffer.concat([
      frame(1, `${T} part `),
      frame(2, `${T} error\n`),
      frame(1, `${T} whole\n`),
      frame(1, `${T} \n`),
      frame(1, `${T} open`),
    ])
    for (const size of [1, 7, 1_000]) {
      for (const isOver of [true, false]) {
        const lines: string[] = []
        for await (const line of linesOf(messagesOf(chunks(bytes, size)), isOver)) lines.push(`${line.stream} ${line.text}`)
        expect(lines).toEqual(['stderr error', 'stdout part whole', 'stdout ', ...(isOver ? ['stdout open'] : [])])
      }
    }
  })

  it('of a terminal lose the timestamps inside a long line, and no text that looks like one', async () => {
    const part = 'p'.repeat(16_384)
    const bytes = Buffer.from(`${T} ${part}${T} rest ${T} said\r\n${T} next\r\n`)
    const lines: string[] = []
    for await (const line of linesOf(terminalMessagesOf(chunks(bytes, 1_000)), true)) lines.push(line.text)
    expect(lines).toEqual([`${part}rest ${T} said`, 'next'])
  })
})

describe('small parts', () => {
  it('read the health that a listing shows', () => {
    expect(
      ['Up 3 minutes (healthy)', 'Up 1 second (health: starting)', 'Up 2 days (unhealthy)', 'Up 2 days', 'Exited (1) 2 days ago'].map(
        shownHealth,
      ),
    ).toEqual(['healthy', 'starting', 'unhealthy', undefined, undefined])
  })

  it('count the percent of a pull', () => {
    const progress = new PullProgress()
    expect(progress.percent()).toBeUndefined()
    progress.add({ id: 'a', status: 'Downloading', progressDetail: { current: 20, total: 100 } })
    progress.add({ id: 'b', status: 'Downloading', progressDetail: { current: 64, total: 100 } })
    expect(progress.percent()).toBe(42)
    progress.add({ id: 'a', status: 'Download complete', progressDetail: {} })
    expect(progress.percent()).toBe(82)
  })

  it('write archives that tar reads, with long names', () => {
    const long = `${'d'.repeat(90)}/${'é'.repeat(60)}`
    const bytes = tarOf([
      { path: 'f', type: 'file', content: Buffer.from('hi'), mode: 0o640, uid: 7, gid: 8 },
      { path: 'dir', type: 'directory', mode: 0o755 },
      { path: 'l', type: 'symlink', linkTo: 'f', mode: 0o777 },
      { path: long, type: 'file', content: Buffer.alloc(513, 1), mode: 0o600 },
    ])
    const listed = execFileSync('tar', ['--numeric-owner', '--quoting-style=literal', '-tvf', '-'], {
      input: bytes,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    }).toString()
    expect(listed).toMatch(/-rw-r----- 7\/8 +2 .* f\n/)
    expect(listed).toContain('l -> f')
    expect(listed).toContain(long)
  })

  it('take turns for one key, in order, also after a failure', async () => {
    const turns = new Turns()
    const done: number[] = []
    const work = [1, 2, 3].map(number =>
      turns.run('a', async () => {
        await new Promise(resolve => setTimeout(resolve, 10 - number * 3))
        done.push(number)
        if (number === 1) throw new Error('first')
      }),
    )
    expect((await Promise.allSettled(work)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(done).toEqual([1, 2, 3])
  })

  it('let so many in at once and no more', async () => {
    const slots = new Slots(2)
    let now = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 7 }, (_, index) =>
        slots
          .run(async () => {
            most = Math.max(most, ++now)
            await new Promise(resolve => setTimeout(resolve, 2))
            now--
            if (index === 0) throw new Error('one fails')
          })
          .catch(() => undefined),
      ),
    )
    expect(most).toBe(2)
    expect(now).toBe(0)
  })
})

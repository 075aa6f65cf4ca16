import type { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { describe, expect, it } from 'vitest'
import { readLogsBy } from '../../shared/adapters/ecs/read-logs.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { ecsWorld, request, WEB } from './ecs-world.ts'
import { ecsError } from './fake-ecs.ts'

type Line = { readonly timestamp: number; readonly message: string }

/** CloudWatch Logs as documented: pages of a few events, empty ones among them, the last token repeated. */
function fakeLogs() {
  const streams = new Map<string, Line[]>()
  const faults: Error[] = []
  const asked: string[] = []
  const send = async (command: GetLogEventsCommand) => {
    const { logStreamName = '', startTime = 0, nextToken } = command.input
    asked.push(logStreamName)
    if (faults.length) throw faults.shift()!
    const lines = streams.get(logStreamName)
    if (!lines) throw ecsError('ResourceNotFoundException', 'The specified log stream does not exist.')
    const after = lines.filter(line => line.timestamp >= startTime)
    const from = Number(nextToken ?? 0)
    const isEmptyPage = nextToken === undefined
    const to = isEmptyPage ? 0 : Math.min(after.length, from + 3)
    return { events: after.slice(from, to), nextForwardToken: to === after.length && !isEmptyPage && from === to ? nextToken : String(to) }
  }
  return { streams, faults, asked, client: { send } as unknown as CloudWatchLogsClient }
}

const started = async () => {
  const logs = fakeLogs()
  const world = ecsWorld({ logs: readLogsBy(logs.client, '/longshore/prod') })
  const asked = request()
  const { runtimeId } = await world.runtime.start(asked)
  const name = `shop/web/web/${runtimeId!.split('/').at(-1)}`
  const put = (...texts: readonly string[]) =>
    logs.streams.set(name, [
      ...(logs.streams.get(name) ?? []),
      ...texts.map((message, index) => ({ timestamp: 1_000 + Math.floor(index / 2), message })),
    ])
  return { ...world, logs, id: asked.id, runtimeId, put }
}

describe('logs of a task on ECS', () => {
  it('are read on from any line, none lost or repeated, though several have one moment', async () => {
    const { runtime, id, put } = await started()
    put('1', '2', '3', '4', '5', '6', '7')
    const read: string[] = []
    let after: string | undefined
    for (;;) {
      const page = await runtime.logs(id, { after, limit: 2 })
      if (!page.length) break
      read.push(...page.map(line => line.text))
      after = page.at(-1)!.cursor
    }
    expect(read).toEqual(['1', '2', '3', '4', '5', '6', '7'])
  })

  it('give the last ones, those since a moment, and none where none is wanted', async () => {
    const { runtime, id, put } = await started()
    put('1', '2', '3', '4')
    const texts = async (query: object) => (await runtime.logs(id, query)).map(line => line.text)
    expect(await texts({ tail: 2 })).toEqual(['3', '4'])
    expect(await texts({ tail: 0 })).toEqual([])
    expect(await texts({ since: 1_001 })).toEqual(['3', '4'])
    expect(await texts({ since: 5_000 })).toEqual([])
    expect(await runtime.logs(id, { limit: 1 })).toEqual([{ task: id, stream: 'stdout', at: 1_000, text: '1', cursor: '1000.0' }])
  })

  it('are found after ECS forgot the task, by the name that the fold keeps', async () => {
    const { runtime, ecs, id, runtimeId, put } = await started()
    put('last words')
    ecs.known.clear()
    expect(await runtime.logs(id, {})).toEqual([])
    expect(await runtime.logs(id, { runtimeId, service: WEB })).toMatchObject([{ text: 'last words' }])
  })

  it('of a task that has printed nothing are none, and an outage is no answer', async () => {
    const { runtime, id, logs } = await started()
    expect(await runtime.logs(id, {})).toEqual([])
    logs.faults.push(ecsError('ServiceUnavailableException', 'later', 503))
    await expect(runtime.logs(id, {})).rejects.toBeInstanceOf(OutcomeUnknown)
  })
})

import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  type MetricDataResult,
  type MetricStat,
} from '@aws-sdk/client-cloudwatch'

/** Points by their moment, ms since 1970 at the beginning of the minute. */
export type Points = ReadonlyMap<number, number>
export type Answer = { readonly points: Points } | { readonly problem: string }

type Asked = { readonly stat: MetricStat; readonly answer: (answer: Answer) => void }

/** GetMetricData's own limit. */
const MOST = 500

export type BatchOptions = {
  readonly client: CloudWatchClient
  /** The span that is asked for, ms since 1970: whole minutes, the one under way left out. */
  readonly span: () => { readonly from: number; readonly to: number }
  /** How long questions gather, in milliseconds: CloudWatch allows 50 calls a second, each of 500 questions. Default 10. */
  readonly gatherMs?: number
}

/** Asks for series of several services in as few calls as possible. */
export class MetricBatch {
  readonly #options: BatchOptions
  #asked: Asked[] = []

  constructor(options: BatchOptions) {
    this.#options = options
  }

  /** @throws nothing: what failed says so in the answer */
  ask(stat: MetricStat): Promise<Answer> {
    return new Promise(answer => {
      this.#asked.push({ stat, answer })
      if (this.#asked.length === 1) setTimeout(() => this.#flush(), this.#options.gatherMs ?? 10)
    })
  }

  #flush(): void {
    const asked = this.#asked
    this.#asked = []
    for (let at = 0; at < asked.length; at += MOST) void this.#call(asked.slice(at, at + MOST))
  }

  async #call(asked: readonly Asked[]): Promise<void> {
    try {
      const results = await this.#results(asked)
      for (const [index, { answer }] of asked.entries()) answer(answerOf(results.get(idOf(index))))
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
      for (const { answer } of asked) answer({ problem: `CloudWatch does not answer: ${name}: ${message}` })
    }
  }

  /** Pages may tell a series in pieces. */
  async #results(asked: readonly Asked[]): Promise<ReadonlyMap<string, readonly MetricDataResult[]>> {
    const { from, to } = this.#options.span()
    const input: GetMetricDataCommandInput = {
      MetricDataQueries: asked.map(({ stat }, index) => ({ Id: idOf(index), MetricStat: stat })),
      StartTime: new Date(from),
      EndTime: new Date(to),
      ScanBy: 'TimestampDescending',
    }
    const pieces: MetricDataResult[] = []
    let next: string | undefined
    do {
      const page = await this.#options.client.send(new GetMetricDataCommand({ ...input, NextToken: next }))
      pieces.push(...(page.MetricDataResults ?? []))
      next = page.NextToken
    } while (next)
    return Map.groupBy(pieces, piece => piece.Id ?? '')
  }
}

const idOf = (index: number): string => `q${index}`

function answerOf(pieces: readonly MetricDataResult[] = []): Answer {
  const bad = pieces.find(({ StatusCode }) => StatusCode === 'Forbidden' || StatusCode === 'InternalError')
  if (bad) return { problem: `CloudWatch: ${bad.StatusCode}${bad.Messages?.[0]?.Value ? `: ${bad.Messages[0].Value}` : ''}` }
  const points = pieces.flatMap(({ Timestamps = [], Values = [] }) =>
    Timestamps.flatMap((time, index): [number, number][] => (Values[index] === undefined ? [] : [[time.getTime(), Values[index]]])),
  )
  return { points: new Map(points) }
}

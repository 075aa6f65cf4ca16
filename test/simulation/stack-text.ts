import type { StreamText, Told } from './log-text.ts'

/** What the text of the stack's stream says of one service before the commit `until`: read from the events, not folded by Longshore. */
export type ServiceText = {
  readonly images: ReadonlyMap<number, string>
  /** The newest revision that ended well in this life of the service. */
  readonly stable?: number
  readonly wished?: number
  readonly image?: string
  readonly removed: boolean
  readonly stopped: boolean
  readonly restarts: number
  readonly cause?: string
  readonly stamp?: number
  readonly settled?: Told
}

type Change = {
  readonly remove?: true
  readonly run?: { readonly revision: number; readonly restarts: number; readonly stopped: boolean }
  readonly spec?: { readonly image: string }
}

export function stackText(text: StreamText, service: string, until = Number.POSITIVE_INFINITY): ServiceText {
  const images = new Map<number, string>()
  const said: { -readonly [K in keyof ServiceText]: ServiceText[K] } = { images, removed: false, stopped: false, restarts: 0 }
  const ended = new Map<number, number>() // stamp → revision that was wished by it
  for (const commit of text.commits) {
    for (const event of commit.events as readonly Told[]) {
      if (event.type === 'ServiceSettled' && event.service === service && event.stamp === said.stamp) {
        said.settled = event
        if (event.outcome === 'ok')
          said.stable = said.removed ? undefined : said.stopped || event.provesNothing ? said.stable : ended.get(event.stamp)
      }
      const change = event.type === 'WishesChanged' ? (event.wishes[service] as Change | undefined) : undefined
      if (!change || commit.version >= until) continue
      if (said.removed) said.stable = undefined
      said.stamp = commit.version
      said.settled = undefined
      said.cause = event.cause
      said.removed = change.remove === true
      if (!change.run) continue
      if (change.spec) images.set(change.run.revision, change.spec.image)
      said.wished = change.run.revision
      said.restarts = change.run.restarts
      said.stopped = change.run.stopped
      ended.set(commit.version, change.run.revision)
    }
  }
  said.image = said.wished === undefined ? undefined : images.get(said.wished)
  return said
}

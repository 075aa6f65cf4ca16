import type { EventView, Explanation, StackListItem } from '../../shared/api/contract.ts'
import { type Paint, padEnd, widthOf, wrapTo } from './paint.ts'
import { renderTable } from './table.ts'
import { moment } from './times.ts'

export type ListingStyle = { readonly now: number; readonly paint: Paint /** The terminal's columns. */; readonly width: number }

/** All stacks, as `ls` shows them. */
export function renderStacks(stacks: readonly StackListItem[]): readonly string[] {
  const rows = stacks.map(({ stack, outcome, available, desired, services, deployment }) => [
    stack,
    outcome === undefined
      ? 'deploying'
      : outcome === 'failed'
        ? 'failed'
        : desired === 0
          ? 'stopped'
          : available < desired
            ? 'degraded'
            : 'running',
    `${available}/${desired}`,
    String(services),
    String(deployment),
  ])
  return renderTable(['NAME', 'STATUS', 'TASKS', 'SERVICES', 'DEPLOYMENT'], rows)
}

/** `14:02:11  web.7 exited with code 1          service/shop/web 90` */
export function renderEvents(
  events: readonly Pick<EventView, 'at' | 'text' | 'stream' | 'version'>[],
  { now, paint, width }: ListingStyle,
): readonly string[] {
  const rows = events.map(({ at, text, stream, version }) => ({ when: moment(at, now), text, where: `${stream} ${version}` }))
  const widest = (of: (row: (typeof rows)[number]) => string) => Math.max(0, ...rows.map(row => widthOf(of(row))))
  const room = width - widest(row => row.when) - widest(row => row.where) - 4
  const column = Math.min(
    Math.max(room, 0),
    70,
    widest(row => row.text),
  )
  return rows.map(({ when, text, where }) => `${paint('dim', when)}  ${padEnd(text, column)}  ${paint('dim', where)}`)
}

/** A sentence, what it waits for, then the evidence: each line a commit that can be looked up. */
export function renderExplanation({ subject, sentence, evidence, waitsFor }: Explanation, style: ListingStyle): readonly string[] {
  const waits = waitsFor.map(text => `Now: ${text.replace(/\btask (\d+)\b/g, `${subject}.$1`)}.`)
  const lines = renderEvents(evidence, { ...style, width: style.width - 2 })
  const head = wrapTo(sentence, style.width).map(line => style.paint('bold', line))
  return [...head, ...waits.flatMap(text => wrapTo(text, style.width)), ...lines.map(line => `  ${line}`)]
}

import type { EventView, Explanation, StackListItem } from '../../shared/api/contract.ts'
import { type Paint, padEnd, widthOf } from './paint.ts'
import { renderTable } from './table.ts'
import { moment } from './times.ts'

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
  now: number,
  paint: Paint,
): readonly string[] {
  const width = Math.min(70, Math.max(0, ...events.map(event => widthOf(event.text))))
  return events.map(
    ({ at, text, stream, version }) => `${paint('dim', moment(at, now))}  ${padEnd(text, width)}  ${paint('dim', `${stream} ${version}`)}`,
  )
}

/** A sentence, what it waits for, then the evidence: each line a commit that can be looked up. */
export function renderExplanation({ subject, sentence, evidence, waitsFor }: Explanation, now: number, paint: Paint): readonly string[] {
  const waits = waitsFor.map(text => `Now: ${text.replace(/\btask (\d+)\b/g, `${subject}.$1`)}.`)
  return [paint('bold', sentence), ...waits, ...renderEvents(evidence, now, paint).map(line => `  ${line}`)]
}

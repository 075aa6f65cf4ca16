import type { Difference, HostInfo, Plan, PlannedChange } from '../../shared/api/contract.ts'
import { type Paint, padEnd, widthOf, wrapTo } from './paint.ts'

export type PlanStyle = {
  readonly paint: Paint
  readonly width: number
  /** `compose.yaml → this machine (docker 28.2)` */
  readonly title: string
  /** What a service that is removed is called: `gone from the file`. */
  readonly removed: string
}

/** `remote`: the context, where it is not this machine. */
export const machineText = ({ runtime, runtimeDetail }: HostInfo, remote?: { readonly name: string }): string =>
  `${remote ? `context ${remote.name}` : 'this machine'} (${runtime === 'process' ? 'processes' : runtimeDetail})`

/** What will happen, one line a service, and what to know about it. */
export function renderPlan({ stack, deployment, changes, notes, estimate }: Plan, style: PlanStyle): readonly string[] {
  const { paint } = style
  const names = Math.max(0, ...changes.map(({ service }) => widthOf(service)))
  const texts = changes.map(change => changeText(change, style.removed))
  const room = style.width - names - 5
  const longest = Math.max(0, ...texts.map(widthOf))
  const isOneLine = changes.every(
    (change, i) => change.change === 'none' || Math.max(widthOf(texts[i]!), longest) + 5 + widthOf(change.what) <= room,
  )
  const lines = changes.flatMap((change, i) => {
    const name = paint(change.change === 'none' ? 'dim' : 'bold', padEnd(change.service, names))
    const rows = rowsOf(change, texts[i]!, { paint, longest, isOneLine, room })
    const more = change.notes.flatMap(note => noteLines(note, room, paint))
    return [...rows, ...more].map((row, at) => `  ${at === 0 ? name : ' '.repeat(names)}   ${row}`)
  })
  return [
    `${style.title}     stack ${paint('bold', stack)}, deployment ${deployment}`,
    '',
    ...lines,
    ...notes.flatMap(note => noteLines(note, style.width - 2, paint)).map(line => `  ${line}`),
    ...(estimate?.resources ?? []).map(resource => paint('dim', `  on AWS, made where it is not there: ${resource}`)),
    ...(estimate
      ? [
          `  about $${estimate.idle.toFixed(2)} a month idle, $${estimate.running.toFixed(2)} running (us-east-1), and requests, logs and traffic by use`,
        ]
      : []),
  ]
}

const NOTE = 'note: '
const noteLines = (note: string, room: number, paint: Paint): readonly string[] =>
  wrapTo(note, room - NOTE.length).map((line, at) => paint('dim', `${at === 0 ? NOTE : ' '.repeat(NOTE.length)}${line}`))

type Layout = { readonly paint: Paint; readonly longest: number; readonly isOneLine: boolean; readonly room: number }

function rowsOf(
  { change, what, differences }: PlannedChange,
  text: string,
  { paint, longest, isOneLine, room }: Layout,
): readonly string[] {
  if (change === 'none') return [paint('dim', text)]
  if (isOneLine) return [`${padEnd(text, longest)}     ${paint('cyan', what)}`]
  const rows = widthOf(text) <= room ? [text] : differences.map(differenceText)
  return [...rows, paint('cyan', what)]
}

function changeText({ change, differences }: PlannedChange, removed: string): string {
  if (change === 'none') return 'no change'
  if (change === 'new') return 'new'
  if (change === 'remove') return removed
  return differences.length ? differences.map(differenceText).join(', ') : 'the same spec'
}

/** `image 1.4 → 1.5`, `LOG_LEVEL info → debug`, `DEBUG removed`. */
export function differenceText({ path, from, to }: Difference): string {
  if (from === undefined) return `${path} ${to ?? ''} added`
  if (to === undefined) return `${path} removed`
  const [before, after] = path === 'image' ? withoutName(from, to) : [from, to]
  return `${path} ${before} → ${after}`
}

/** Of two versions of one image only the tags tell something, or with equal tags the start of the digest behind them. */
function withoutName(from: string, to: string): readonly [string, string] {
  const parts = (image: string) => /^(.*) \(([^()]+)\)$/.exec(image) ?? /^(.*[^/]):([^:/]+)$/.exec(image)
  const [before, after] = [parts(from), parts(to)]
  return before && after && before[1] === after[1] ? [before[2]!, after[2]!] : [from, to]
}

/** One moment of a load ramp. */
export type RampPoint = {
  /** Seconds since the ramp began. */
  readonly at: number
  /** Requests a second that were really sent. */
  readonly offered: number
  readonly desired: number
  readonly ready: number
}

export type RampChart = {
  readonly points: readonly RampPoint[]
  /** Requests a second of one task. */
  readonly target: number
  readonly max: number
  readonly title: string
  readonly caption: string
}

const [WIDTH, HEIGHT] = [880, 420]
const PLOT = { left: 60, right: 820, top: 64, bottom: 340 }

/** Load on the left axis, tasks on the right, drawn so that a task's height is its target: where the steps cover the load, the target is met. */
export function rampChart({ points, target, max, title, caption }: RampChart): string {
  const length = points.at(-1)!.at
  const x = (at: number) => round(PLOT.left + (at / length) * (PLOT.right - PLOT.left))
  const y = (load: number) => round(PLOT.bottom - (load / (max * target)) * (PLOT.bottom - PLOT.top))
  const steps = (count: (point: RampPoint) => number) =>
    points.map((point, index) => `${index ? `H${x(point.at)}V` : `M${x(point.at)} `}${y(count(point) * target)}`).join('')
  const load = points.map(point => `${x(point.at)},${y(point.offered)}`).join(' ')
  const rows = Array.from({ length: max + 1 }, (_, count) => rowOf(count, y(count * target), count * target))
  const moments = Array.from({ length: Math.floor(length / 15) + 1 }, (_, index) => index * 15)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#333" role="img" aria-label="${title}">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${PLOT.left}" y="26" font-size="15" font-weight="bold">${title}</text>
<g>${legend(PLOT.left, 'offered load, requests a second', '#d9480f')}${legend(PLOT.left + 230, 'tasks wanted', '#1864ab')}${legend(PLOT.left + 360, 'tasks ready', '#74c0fc')}</g>
${rows.join('\n')}
${moments.map(at => `<text x="${x(at)}" y="${PLOT.bottom + 18}" text-anchor="middle">${at} s</text>`).join('\n')}
<path d="${steps(point => point.ready)}V${y(0)}H${x(0)}Z" fill="#d0ebff" stroke="#74c0fc"/>
<path d="${steps(point => point.desired)}" fill="none" stroke="#1864ab" stroke-width="2"/>
<polyline points="${load}" fill="none" stroke="#d9480f" stroke-width="1.5"/>
<text x="${PLOT.left}" y="${PLOT.bottom + 46}">${caption}</text>
</svg>
`
}

const rowOf = (count: number, y: number, load: number) =>
  `<path d="M${PLOT.left} ${y}H${PLOT.right}" stroke="#ddd"/><text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${load}</text><text x="${PLOT.right + 8}" y="${y + 4}">${count}</text>`

const legend = (x: number, text: string, colour: string) =>
  `<path d="M${x} 46h18" stroke="${colour}" stroke-width="3"/><text x="${x + 24}" y="50">${text}</text>`

const round = (number: number) => Math.round(number * 10) / 10

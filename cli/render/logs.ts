import type { LogLineView } from '../../shared/api/contract.ts'
import type { Colour, Paint } from './paint.ts'
import { padEnd } from './paint.ts'

const COLOURS: readonly Colour[] = ['cyan', 'yellow', 'green', 'magenta', 'blue']

export type LogStyle = { readonly paint: Paint; readonly withPrefix: boolean; readonly withTime: boolean }

/** `web-3  | listening on 3000`: whole lines, each task's prefix in its service's colour, as wide as the widest so far. */
export class LogLines {
  readonly #style: LogStyle
  readonly #colours = new Map<string, Colour>()
  #width = 0

  constructor(style: LogStyle) {
    this.#style = style
  }

  render(lines: readonly LogLineView[]): readonly string[] {
    const { paint, withPrefix, withTime } = this.#style
    for (const line of lines) this.#width = Math.max(this.#width, nameOf(line).length)
    return lines.map(line => {
      const time = withTime ? `${new Date(line.at).toISOString()} ` : ''
      if (!withPrefix) return `${time}${line.text}`
      return `${paint(this.#colourOf(line.service), `${padEnd(nameOf(line), this.#width)}  |`)} ${time}${line.text}`
    })
  }

  #colourOf(service: string): Colour {
    const known = this.#colours.get(service)
    if (known) return known
    const colour = COLOURS[this.#colours.size % COLOURS.length]!
    this.#colours.set(service, colour)
    return colour
  }
}

const nameOf = ({ service, number }: LogLineView): string => `${service}-${number}`

import type { ServiceStatus } from '../../shared/api/contract.ts'
import type { Cli } from '../command.ts'
import { longestName, progressOf, renderChangeLine, renderProgressLine } from './progress.ts'

/** Shows progress as the terminal allows: redrawn lines, one line a change, JSON lines, or nothing. */
export class ProgressView {
  private drawn = 0
  private readonly said = new Map<string, string>()
  /** When each service was done: its time stands still from then on. */
  private readonly doneAt = new Map<string, number>()
  private readonly cli: Pick<Cli, 'io' | 'settings' | 'paint'>
  private readonly mode: 'tty' | 'plain' | 'json' | 'quiet'

  constructor(cli: Pick<Cli, 'io' | 'settings' | 'paint'>) {
    this.cli = cli
    const { progress, format } = cli.settings
    const automatic = format === 'json' ? 'quiet' : cli.io.isTty ? 'tty' : 'plain'
    this.mode = progress === 'auto' ? automatic : progress
  }

  show(services: readonly ServiceStatus[], elapsedMs: number): void {
    if (this.mode === 'quiet') return
    if (this.mode === 'tty') this.redraw(services, elapsedMs)
    else for (const service of services) this.tellChange(service, elapsedMs, longestName(services))
  }

  private redraw(services: readonly ServiceStatus[], elapsedMs: number): void {
    const { io, paint } = this.cli
    const style = { paint, width: io.columns(), names: longestName(services) }
    const room = Math.max(1, io.rows() - 2)
    const lines = services
      .slice(0, room)
      .map(service => `\u001b[2K${renderProgressLine(service, this.timeOf(service, elapsedMs), style)}\n`)
    const up = this.drawn ? `\u001b[${this.drawn}A` : ''
    const rest = lines.length < this.drawn ? '\u001b[J' : ''
    io.write(up + lines.join('') + rest)
    this.drawn = lines.length
  }

  private timeOf(service: ServiceStatus, elapsedMs: number): number {
    if (service.outcome === undefined) this.doneAt.delete(service.service)
    else if (!this.doneAt.has(service.service)) this.doneAt.set(service.service, elapsedMs)
    return this.doneAt.get(service.service) ?? elapsedMs
  }

  /** One line when what there is to say changes, whatever the clock shows. */
  private tellChange(service: ServiceStatus, elapsedMs: number, names: number): void {
    const { state, text, waits } = progressOf(service)
    const key = `${state} ${text} ${waits ?? ''}`
    if (this.said.get(service.service) === key) return
    this.said.set(service.service, key)
    const { io } = this.cli
    if (this.mode === 'json')
      io.out(
        JSON.stringify({
          service: service.service,
          state,
          text,
          waits,
          elapsedMs,
          available: service.available,
          desired: service.desired,
          revision: service.revision,
        }),
      )
    else io.out(renderChangeLine(service, elapsedMs, names))
  }

  /** The cursor stands below the lines already; what follows is written after them. */
  leave(): void {
    this.drawn = 0
  }
}

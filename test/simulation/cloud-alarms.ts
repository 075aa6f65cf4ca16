import { alarmName } from '../../shared/domain/alarm-name.ts'
import type { Alarmed, Alarms, WantedAlarm } from '../../shared/ports/alarms.ts'
import type { EventPlane } from './event-plane.ts'
import type { Load } from './load.ts'
import { isWhole, type MetricSource, TARGETS } from './metric-source.ts'
import type { Call } from './process.ts'
import { MINUTE } from './rules.ts'
import type { World } from './world.ts'

type Made = Alarmed & { readonly wanted: WantedAlarm; minutes: number; isOn: boolean }

/** CloudWatch's alarms: looked at each minute, told of only when they change, and not set on by what is missing. */
export class CloudAlarms {
  private made = new Map<string, Made>()
  private readonly world: World
  private readonly load: Load
  private readonly source: MetricSource
  private readonly plane: () => EventPlane

  constructor(world: World, load: Load, source: MetricSource, plane: () => EventPlane) {
    this.world = world
    this.load = load
    this.source = source
    this.plane = plane
  }

  begin(): void {
    this.world.after(MINUTE, () => {
      for (const [name, alarm] of this.made) this.look(name, alarm)
      this.begin()
    })
  }

  through(call: Call): Alarms {
    return {
      apply: wanted => call(60, () => this.apply(wanted)),
      applyAll: wanted => call(60, () => this.apply(wanted, true)),
      on: () => call(60, () => [...this.made.values()].filter(alarm => alarm.isOn).map(({ stream, side }) => ({ stream, side }))),
    }
  }

  private apply(wanted: ReadonlyMap<string, readonly WantedAlarm[]>, isAll = false): void {
    const names = new Set<string>()
    for (const [stream, alarms] of wanted) {
      for (const alarm of alarms) {
        const name = alarmName('simulated', stream, alarm.side)
        names.add(name)
        if (JSON.stringify(this.made.get(name)?.wanted) === JSON.stringify(alarm)) continue
        this.made.set(name, { stream, side: alarm.side, wanted: alarm, minutes: 0, isOn: false })
      }
    }
    for (const [name, { stream }] of this.made) if (!names.has(name) && (isAll || wanted.has(stream))) this.made.delete(name)
  }

  private look(name: string, alarm: Made): void {
    const { side, targets, ratio, minutes } = alarm.wanted
    const worst = Math.max(...targets.map(({ metric, target }) => this.measured(metric.kind) / target))
    const isBreaching = this.source.isRight && (side === 'high' ? worst > ratio : worst < ratio)
    alarm.minutes = isBreaching ? alarm.minutes + 1 : 0
    const isOn = alarm.minutes >= minutes
    if (isOn === alarm.isOn) return
    alarm.isOn = isOn
    this.world.count(`alarm ${side} ${isOn ? 'on' : 'off'}`)
    this.plane().onAlarm(name, isOn ? 'ALARM' : 'OK')
  }

  private measured(kind: keyof typeof TARGETS): number {
    return TARGETS[kind] * (isWhole(kind) ? this.load.level() : this.load.share(this.world.now))
  }
}

import { UsageError } from './io.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * A moment as people write it: `14:00`, `14:00:05` (the last one that was), `2026-11-25 14:00` (local), an ISO time with its zone, or how
 * long ago: `90s`, `10m`, `2h`, `3d`.
 * @throws UsageError
 */
export function parseTime(text: string, now: number): number {
  const ago = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)(?:\s+ago)?$/.exec(text.trim())
  if (ago) return Math.round(now - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS])
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim())
  if (clock) return lastTime(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), text, now)
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? 'T00:00' : '' // a date alone would be taken for UTC
  const at = /^\d{4}-/.test(text) ? Date.parse(text.trim().replace(' ', 'T') + day) : Number.NaN
  if (Number.isNaN(at)) throw new UsageError(`"${text}" is no time: write 14:00, 2026-11-25 14:00, or 10m for ten minutes ago`)
  return at
}

function lastTime(hours: number, minutes: number, seconds: number, text: string, now: number): number {
  if (hours > 23 || minutes > 59 || seconds > 59) throw new UsageError(`"${text}" is no time of day`)
  const then = new Date(now)
  then.setHours(hours, minutes, seconds, 0)
  if (then.getTime() > now) then.setDate(then.getDate() - 1)
  return then.getTime()
}

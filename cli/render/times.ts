const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`

/** How long something took: `1.2 s`, `16 s`, `2 min 5 s`, `3 h 4 min`. */
export function took(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ''}`
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`
}

/** How long something lasts already, coarsely: `5 s`, `2 min`, `3 h`, `12 days`. */
export function age(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`
  return plural(Math.floor(ms / DAY), 'day')
}

const two = (value: number) => String(value).padStart(2, '0')

/** Local time of day; with its date when it is not today's. */
export function moment(at: number, now: number): string {
  const then = new Date(at)
  const time = `${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}`
  return then.toDateString() === new Date(now).toDateString()
    ? time
    : `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`
}

/** `3 times`, in words as far as people count in them. */
export const times = (count: number): string =>
  ['never', 'once', 'twice', 'three times', 'four times', 'five times'][count] ?? `${count} times`

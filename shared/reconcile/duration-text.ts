/** Milliseconds for people, rounded up to the unit that says enough: `40 s`, `2 min`, `3 h`. */
export function durationText(ms: number): string {
  if (ms < 90_000) return `${Math.max(1, Math.ceil(ms / 1_000))} s`
  return ms < 5_400_000 ? `${Math.ceil(ms / 60_000)} min` : `${Math.ceil(ms / 3_600_000)} h`
}

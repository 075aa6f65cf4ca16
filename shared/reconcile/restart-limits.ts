import { allowedRestarts, isGivenUp } from '../domain/restarts.ts'
import { durationText } from './duration-text.ts'
import type { View } from './view.ts'

/** Kubernetes' CrashLoopBackOff cap. */
const BACKOFF_CAP = 300_000
/** So many failures in a row are a crash loop: the least that breaks the circuit (section 7). */
const LOOP = 3

/**
 * The first failure is followed by `restart.delay` (0 unless the file says more), then 1 s, 2 s, 4 s … up to 5 minutes. Derived from
 * recorded facts only.
 */
export function backoffUntil({ s, policy }: Pick<View, 's' | 'policy'>): number {
  if (s.streak === 0) return 0
  const growing = s.streak === 1 ? 0 : Math.min(BACKOFF_CAP, 1_000 * 2 ** (s.streak - 2))
  return s.failedAt + Math.max(policy.restartDelay, growing)
}

/** The restart policy allows no further start of what is wished. What a failed deployment falls back on is not meant by it (M8). */
export const hasGivenUp = ({ s, revision }: Pick<View, 's' | 'revision'>): boolean =>
  s.wish !== undefined && revision === s.wish.revision && isGivenUp(s, s.wish.spec.restart, s.scale.replicas)

export function whyGivenUp({ s }: Pick<View, 's'>): string {
  const { restart } = s.wish!.spec
  const within = restart.window ? ` within ${durationText(restart.window)}` : ''
  const allowed = allowedRestarts(restart, s.scale.replicas)
  return `given up after ${allowed} restart${allowed === 1 ? '' : 's'}${within}`
}

/** Why no start follows yet; undefined when one may. */
export function whyBackingOff(view: View, now: number): string | undefined {
  const { streak, failures, failedAt, endedTasks } = view.s
  const left = backoffUntil(view) - now
  if (left <= 0) return undefined
  const last = endedTasks.findLast(task => task.byItself)
  const next = `next start in ${durationText(left)}${last ? `; the last: ${last.exit.reason}` : ''}`
  const kept = failures.slice(-streak)
  if (kept.length < LOOP) return `backing off after ${streak} failure${streak > 1 ? 's' : ''} in a row, ${next}`
  return `crash loop: ${kept.length} failures in ${durationText(failedAt - kept[0]!)}, ${next}`
}

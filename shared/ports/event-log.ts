import type { Commit } from '../domain/commit.ts'

/** The log: streams of commits (L3). All reads are strongly consistent. */
export interface EventLog {
  /**
   * Puts the commit if its version is free. `refused` may also be said of a put that succeeded, when the answer was lost and the client
   * repeated it: the caller compares nonces (L3). The first put of a stream also enters it in the registry (T2).
   */
  put(commit: Commit): Promise<'stored' | 'refused'>
  get(stream: string, version: number): Promise<Commit | undefined>
  /** The commits above `after` (0: all), oldest first, at most `limit`. */
  read(stream: string, after?: number, limit?: number): Promise<readonly Commit[]>
  /** Version and time of the newest commit. */
  head(stream: string): Promise<{ readonly version: number; readonly at: number } | undefined>
  /** Every stream that was ever written to, from the registry, sorted. */
  streams(): Promise<readonly string[]>
}

/** "Look at this again, not before `dueAt`": one delayed message, may be lost (T1). */
export interface Wakes {
  /** @param delayMs at most 900,000, the longest that SQS can wait */
  send(to: 'conduct' | 'reconcile' | 'check-health', stream: string, dueAt: number, delayMs: number): Promise<void>
}

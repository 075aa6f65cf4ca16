/** Of every client but the log's, and as for that: short enough that a call which hangs leaves the function time to try again. */
export const PATIENCE = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const

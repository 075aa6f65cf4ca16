/** In a file without schemas, since facts are read by functions that read no specs. */
export const PROBE_NAMES = ['startup', 'readiness', 'liveness'] as const
export type ProbeName = (typeof PROBE_NAMES)[number]

/** 0.1 × 3 / 0.1 is a little more than 3, and must not ask for a fourth task. */
const EPSILON = 1e-9

export const ceilOf = (value: number): number => Math.ceil(value - EPSILON * Math.max(1, Math.abs(value))) + 0 // never -0
export const floorOf = (value: number): number => Math.floor(value + EPSILON * Math.max(1, Math.abs(value)))

/** Kubernetes: both ends of the tolerance count as within. */
export const isWithin = (ratio: number, tolerance: number): boolean => Math.abs(ratio - 1) <= tolerance + EPSILON

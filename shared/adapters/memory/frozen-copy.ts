/**
 * What a value is after it went through a store: JSON, shared with nobody. Frozen to the bottom, so that one copy can be handed out again
 * and again, and whoever changes it hears of it.
 */
export function frozenCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value ?? null), (_key, part) => Object.freeze(part))
}

import type { Claim, Claims } from '../../ports/claims.ts'

/** The claims of one process, for tests and simulations. */
export function createClaims(): Claims {
  const claims = new Map<string, Claim>()
  return {
    async take(name, owner, at) {
      const there = claims.get(name)
      if (there && there.owner !== owner) return { taken: false, owner: there.owner }
      claims.set(name, Object.freeze({ name, owner, at }))
      return { taken: true }
    },
    owner: async name => claims.get(name)?.owner,
    async release(name, owner) {
      if (claims.get(name)?.owner === owner) claims.delete(name)
    },
    list: async () => [...claims.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** Who may ask. The answer stands as `actor` on every commit that follows from the request. */
export interface Tokens {
  /** `token laptop`; undefined for an unknown token. Compares in constant time. */
  actorOf(token: string): Promise<string | undefined>
}

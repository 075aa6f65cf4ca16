/** L10: uniqueness across streams. One conditional item each, owned by a stream. */
export type Claim = { readonly name: string; readonly owner: string; readonly at: number }

export interface Claims {
  /** Taking what one owns already succeeds. Otherwise answers the owner. */
  take(name: string, owner: string, at: number): Promise<{ readonly taken: true } | { readonly taken: false; readonly owner: string }>
  /** Who has it, strongly consistent: a read, where taking is a write that waits for the disk. */
  owner(name: string): Promise<string | undefined>
  /** Does nothing unless `owner` still owns it. */
  release(name: string, owner: string): Promise<void>
  list(): Promise<readonly Claim[]>
}

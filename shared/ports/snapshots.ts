/** L5: one per stream, moves forward only. `schema` numbers the shape of the state: an unknown one is folded anew. */
export type Snapshot = { readonly stream: string; readonly version: number; readonly schema: number; readonly state: unknown }

export interface Snapshots {
  load(stream: string): Promise<Snapshot | undefined>
  /** Ignored when a newer one is there. */
  save(snapshot: Snapshot): Promise<void>
}

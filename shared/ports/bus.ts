/** L7: what the bus carries, never more. */
export type Pointer = { readonly stream: string; readonly version: number; readonly types: readonly string[] }

export interface Bus {
  /** @throws when any entry was not taken; publishing again is harmless. */
  publish(pointers: readonly Pointer[]): Promise<void>
}

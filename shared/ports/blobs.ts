/** Content by its SHA-256 in hex: config contents, source files. Putting the same content again does nothing. */
export interface Blobs {
  put(content: Uint8Array): Promise<string>
  /** Undefined when there is none of that hash. */
  get(hash: string): Promise<Uint8Array | undefined>
}

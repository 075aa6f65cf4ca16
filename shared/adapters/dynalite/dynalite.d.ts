declare module 'dynalite' {
  import type { Server } from 'node:http'

  type Options = {
    /** LevelDB's folder; absent: in memory. */
    readonly path?: string
    /** Milliseconds that a table stays CREATING. */
    readonly createTableMs?: number
  }
  /** A server not yet listening, whose one `request` listener is the API; closing it closes LevelDB. */
  export default function dynalite(options: Options): Server
}

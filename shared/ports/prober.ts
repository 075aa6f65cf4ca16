import type { Address } from '../domain/fact.ts'

/** M7: does a port answer from outside? Layer 7: any HTTP response. Layer 4: a connection still open after 200 ms. */
export interface Prober {
  /** Tries until it answers or `patienceMs` is over; one attempt at least. */
  answers(address: Address, layer: 'http' | 'tcp', patienceMs: number): Promise<boolean>
}

/** Looks again each `everyMs` until `look` gives something. @throws after a minute */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, everyMs = 10): Promise<T> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within a minute`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}

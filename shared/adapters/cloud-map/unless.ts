/** What another run is doing or did already is no error: undefined then. */
export async function unless<T>(expected: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Error && expected.includes(error.name)) return undefined
    throw error
  }
}

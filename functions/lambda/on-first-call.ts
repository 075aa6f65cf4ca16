type Asynchronous<T> = { [N in keyof T]-?: NonNullable<T[N]> extends (...given: never[]) => Promise<unknown> ? N : never }[keyof T]

/**
 * A port whose adapter and client are loaded at its first call, so that a cold start reads no code that its event has no need of. The members
 * are named, since only those that answer by a promise can wait, and a port says by an absent member what it cannot do.
 */
export function onFirstCall<T extends object, N extends Asynchronous<T>>(
  load: () => Promise<T>,
  names: readonly N[],
): Required<Pick<T, N>> {
  let loading: Promise<T> | undefined
  const call = async (name: N, given: readonly unknown[]) => {
    loading ??= load()
    const port = (await loading) as Record<N, (...given: readonly unknown[]) => unknown>
    return port[name](...given)
  }
  return Object.fromEntries(names.map(name => [name, (...given: readonly unknown[]) => call(name, given)])) as Required<Pick<T, N>>
}

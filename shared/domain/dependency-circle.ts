/** The first circle found, as `web → db → web`; undefined where there is none. Names that are no keys are ignored. */
export function dependencyCircle(dependencies: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (done.has(name)) return undefined
    const start = way.indexOf(name)
    if (start >= 0) return [...way.slice(start), name]
    for (const next of dependencies.get(name) ?? []) {
      const circle = visit(next, [...way, name])
      if (circle) return circle
    }
    done.add(name)
    return undefined
  }
  for (const name of dependencies.keys()) {
    const circle = visit(name, [])
    if (circle) return circle
  }
  return undefined
}

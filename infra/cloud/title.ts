/** `check-health` → `CheckHealth`, as logical ids are written. */
export const titleOf = (name: string): string => name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())

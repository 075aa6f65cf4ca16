/** L10: the claims that published ports need: one per port and protocol in an installation. */
export const portClaims = (published: readonly { readonly published?: number; readonly protocol: string }[]): readonly string[] =>
  published.flatMap(port => (port.published === undefined ? [] : [`port/${port.published}/${port.protocol}`]))

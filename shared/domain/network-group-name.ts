/** AWS lets letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* stand in the names of security groups, 255 at most. */
export const groupNameOf = (installation: string, name: string): string =>
  `longshore ${installation} ${name}`.replace(/[^\w .:/()#,@[\]+=&;{}!$*-]/g, '_').slice(0, 255)

/** Begins the names of all groups that are a network's; names of networks bear their stack already, as engines know them: `shop_default`. */
export const NETWORK = 'network '

/** The security group of a Compose network (M4): `longshore prod network shop_default`. */
export const networkGroupName = (installation: string, network: string): string => groupNameOf(installation, `${NETWORK}${network}`)

/** An address of IPv4 as such, which the kernel tells otherwise of a socket for both families. */
export const plainAddress = (address = ""): string => address.replace(/^::ffff:/, "");

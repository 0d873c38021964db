/** Whether whoever is at the other end of a socket is on this machine. */
import type { Socket } from "node:net";
import { plainAddress } from "./plain-address.ts";

export function isFromHere({ remoteAddress, localAddress }: Pick<Socket, "remoteAddress" | "localAddress">): boolean {
  const address = plainAddress(remoteAddress);
  return address !== "" && (address === plainAddress(localAddress) || address === "::1" || address.startsWith("127."));
}

/** Whether a request came by TLS to this hub. */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Sockets of TLS alone have this. */
export const isTls = (socket: Socket): socket is TLSSocket => "encrypted" in socket && socket.encrypted === true;

/** Opens connections to NATS: all of the hub's are made here, because the client has one fault that would end the process. */
import { type ConnectionOptions, connect, type NatsConnection } from "nats";
import { NodeTransport } from "nats/lib/src/node_transport.js";

/**
 * When a server dies, nats 2.29.3 ends its own side of the socket, may write once more, and takes its listeners away before
 * Node reports that write: an `error` that nobody listens to. One listener stays; the client has noticed the end by itself.
 */
const setupHandlers = NodeTransport.prototype.setupHandlers;
NodeTransport.prototype.setupHandlers = function setupHandlersAndKeepOne(this: NodeTransport): void {
  setupHandlers.call(this);
  const { socket } = this;
  const removeAllListeners = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (event) => removeAllListeners(event).on("error", () => {});
};

export function connectNats(options: ConnectionOptions): Promise<NatsConnection> {
  return connect(options);
}

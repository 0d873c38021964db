/** Ports of this computer that nobody listened on a moment ago. */
import { type AddressInfo, createServer, type Server } from "node:net";

export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i++) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
  }
  // All are open at once, so that no port comes twice.
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // a TCP server's address is an object
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

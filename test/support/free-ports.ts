/**
 * Ports for processes that bind them later. They lie below those that the kernel gives to anyone's outgoing connections
 * meanwhile, and beside those of the whole pairs that test/e2e starts.
 */
import { createServer } from "node:net";

const firstPort = 25_000;
const lastPort = 30_999;

export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

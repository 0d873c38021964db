/** The push API behind a real port, over a fold and an append that keeps records in memory only. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Candidate, Fold } from "../../../hub/core/fold/fold.ts";
import { createPushApi, type PushApiOptions } from "../../../hub/http/push-api.ts";

export interface PushServer {
  url: string;
  fold: Fold;
  /** Every push that was appended, oldest first. */
  appended: Candidate[];
  close(): Promise<void>;
}

export async function startPushServer(overrides: Partial<PushApiOptions> = {}): Promise<PushServer> {
  const fold = new Fold();
  const appended: Candidate[] = [];
  let stamp = { wallMs: 1_700_000_000_000, counter: 0 };
  const api = createPushApi({
    fold,
    append: async (push) => {
      appended.push(push);
      stamp = { ...stamp, counter: stamp.counter + 1 };
      fold.apply({ ...push, at: stamp }, "mainpc");
      return { kind: "stored", position: { incarnation: "one", seq: appended.length } };
    },
    replicated: async () => "peer",
    maxBodyBytes: 64 * 1024,
    status: () => "{}",
    adminApi: false,
    ...overrides,
  });
  const server = createServer(async (request, response) => {
    if (await api(request, response)) return;
    const known = request.method === "GET" && request.url === "/metrics";
    response.writeHead(known ? 200 : 404).end(known ? fold.metricsText() : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  return {
    url: `http://127.0.0.1:${port}`,
    fold,
    appended,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

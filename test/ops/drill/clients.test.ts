import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { DrillClient } from "../../../ops/drill/clients.ts";
import { pushTokenVariable } from "../../../ops/site/push-token.ts";
import { until } from "../../support/until.ts";

it("each push says that its group goes after 600 s, so that a drill that dies leaves none for ever", async () => {
  const seen: IncomingMessage[] = [];
  const hub = createServer((request, response) => {
    seen.push(request);
    response.end();
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  const { port } = hub.address() as AddressInfo; // it listens on TCP
  const client = new DrillClient("drill-x", [`http://127.0.0.1:${port}`]);
  await until("two pushes", () => seen.length > 1);
  await client.stop();
  hub.close();
  const pushes = seen.filter(({ method }) => method === "PUT");
  expect(new Set(pushes.map(({ headers }) => headers["tandem-expires-after"]))).toEqual(new Set(["600"]));
});

it("a token's file that goes away meanwhile ends no client: it shows the token on that it read", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-drill-token-"));
  const file = join(dir, "push.token");
  writeFileSync(file, "a-token\n");
  vi.stubEnv(pushTokenVariable, file);
  const shown: (string | undefined)[] = [];
  const hub = createServer((request, response) => {
    shown.push(request.headers.authorization);
    response.end();
  });
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    hub.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const { port } = hub.address() as AddressInfo; // it listens on TCP
  const client = new DrillClient("drill-y", [`http://127.0.0.1:${port}`]);
  await until("a push", () => shown.length > 0);
  // Another path is read at once.
  vi.stubEnv(pushTokenVariable, join(dir, "none"));
  const before = shown.length;
  await until("two more pushes", () => shown.length > before + 1);
  await client.stop();
  expect(new Set(shown)).toEqual(new Set(["Bearer a-token"]));
});

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registerSignIn } from "../../ops/sign-in.ts";
import { runCommand } from "./run-command.ts";

describe("tandem sign-in", () => {
  let hubs: Server[];
  let urls: string[];
  let orders: string[];
  let statuses: number[];

  beforeEach(async () => {
    [hubs, urls, orders, statuses] = [[], [], [], [200, 200]];
    for (const i of [0, 1]) {
      const hub = createServer(async (request, response) => {
        orders.push(`${request.method} ${request.url} ${await text(request)}`);
        const isCode = request.url === "/api/v1/session/codes";
        const good = isCode
          ? { code: `code-${i}`, until: "2026-05-12T14:33:00.000Z" }
          : { ok: true, text: "everybody is signed out" };
        const status = statuses[i] ?? 200;
        response.writeHead(status).end(JSON.stringify(status === 200 ? good : { error: "on this machine only" }));
      });
      await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
      hubs.push(hub);
      urls.push(`http://127.0.0.1:${(hub.address() as AddressInfo).port}`); // it listens on TCP
    }
  });
  afterEach(() => {
    for (const hub of hubs) {
      hub.close();
      hub.closeAllConnections();
    }
  });

  const run = (...args: string[]) => runCommand(registerSignIn, ["sign-in", ...args, "--hub", ...urls]);

  it("prints a URL for each hub, whose code no hub's log will hold", async () => {
    const { code, stdout } = await run();
    expect([code, stdout]).toEqual([
      0,
      urls.map((url, i) => `${url}/#sign-in=code-${i}   once, until 2026-05-12T14:33:00.000Z\n`).join(""),
    ]);
    expect(orders[0]).toMatch(/^POST \/api\/v1\/session\/codes {"by":".+@.+"}$/);
  });

  it("prints the one hub's when the other gives none, and ends with 1 when neither does", async () => {
    statuses = [403, 200];
    const { code, stdout } = await run("--json");
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        hubs: [
          { url: urls[0], error: "on this machine only" },
          expect.objectContaining({ page: `${urls[1]}/#sign-in=code-1` }),
        ],
      },
    ]);
    statuses = [403, 429];
    expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining("no hub gives a code") });
  });

  it("signs everybody out at both hubs, and ends with 1 when one does not say that it has", async () => {
    expect(await run("--revoke-all")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(": everybody is signed out"),
    });
    expect(orders).toEqual(["DELETE /api/v1/session/all {}", "DELETE /api/v1/session/all {}"]);
    statuses = [200, 403];
    expect((await run("--revoke-all")).code).toBe(1);
  });
});

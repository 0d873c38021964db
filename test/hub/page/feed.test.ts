import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { until } from "../../support/until.ts";
import { fleetView, ledgerView } from "./fixture.ts";
import { PageServer } from "./page-server.ts";

/** A way to a hub that can be cut and opened again under the same address. */
class Way {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  port = 0;

  constructor(target: string) {
    const { port } = new URL(target);
    this.#server = createServer((near) => {
      const far = connect(Number(port), "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.on("close", () => this.#sockets.delete(from));
      }
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.#server.address() as AddressInfo).port; // it listens on a port, not on a pipe
  }

  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

let browser: Browser;

beforeAll(async () => {
  const executablePath = await ensureTool("chromium", (line) => process.stderr.write(`${line}\n`));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(async () => await browser?.close());

it("greys what it shows when both hubs fall silent, goes on from the first that answers, and home when that is back", async () => {
  const [home, peer] = [
    await PageServer.start(fleetView("mainpc"), ledgerView("mainpc")),
    await PageServer.start(fleetView("pc2"), ledgerView("pc2")),
  ];
  const [toHome, toPeer] = [new Way(home.url), new Way(peer.url)];
  await toHome.open();
  await toPeer.open();
  peer.peerOrigin = toHome.url;
  home.fleet = fleetView("mainpc", { pc2: toPeer.url });
  const page = await browser.newPage();
  await page.goto(toHome.url);
  await until("the page to listen", () => home.listeners === 1);

  await Promise.all([toHome.cut(), toPeer.cut()]);
  await page.locator(".page.stale h1", { hasText: "No hub has answered this page" }).waitFor();
  expect(await page.locator(".tile").count()).toBe(77);

  await toPeer.open();
  await page.locator(".page:not(.stale) .source", { hasText: "EdgeHub on pc2" }).waitFor();
  await toHome.open();
  await page.locator(".source", { hasText: "ObservabilityHub on mainpc" }).waitFor();
  await until("the peer to be left", () => peer.listeners === 0);
  expect(await page.locator("h1").textContent()).toBe("All is well");

  await page.close();
  await Promise.all([toHome.cut(), toPeer.cut()]);
  await Promise.all([home.close(), peer.close()]);
}, 60_000);

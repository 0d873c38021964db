import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { until } from "../../support/until.ts";
import { ail, fleetView, kill, ledgerView, machineOf } from "./fixture.ts";
import { PageServer } from "./page-server.ts";
import { sectionsView } from "./sections-fixture.ts";

let browser: Browser;
const servers: PageServer[] = [];
/** Below a test's own deadline, so that what was awaited in vain is named. */
const waitDeadlineMs = 10_000;

beforeAll(async () => {
  const executablePath = await ensureTool("chromium", (line) => process.stderr.write(`${line}\n`));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(async () => await browser?.close());

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(...parameters: Parameters<typeof PageServer.start>): Promise<PageServer> {
  const server = await PageServer.start(...parameters);
  servers.push(server);
  return server;
}

interface Visit {
  page: Page;
  /** Errors on the console and exceptions of the script. */
  errors: string[];
  /** Origins that the page asked. */
  origins: Set<string>;
}

async function visit(url: string, javaScriptEnabled = true): Promise<Visit> {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  page.setDefaultTimeout(waitDeadlineMs);
  const errors: string[] = [];
  const origins = new Set<string>();
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) origins.add(new URL(request.url()).origin);
  });
  await page.goto(url);
  return { page, errors, origins };
}

const headingOf = (page: Page) => page.locator("h1").textContent();

it("shows 77 agents live, without an error on the console and without asking any other host", async () => {
  const server = await serve(fleetView(), ledgerView(), sectionsView());
  const { page, errors, origins } = await visit(server.url);
  await until("the page to listen", () => server.listeners === 1);
  expect(await page.locator(".tile").count()).toBe(77);
  expect(await headingOf(page)).toBe("All is well");
  expect(await page.title()).toMatch(/^All is well/);
  // Into the view too, or the next telling of it takes the event back.
  server.fleet = { ...server.fleet, sync: { ...server.fleet.sync, uncopied: 31 } };
  server.send({ type: "sync", sync: server.fleet.sync });
  await page.getByText("31 records have one copy").waitFor();
  expect(errors).toEqual([]);
  expect([...origins]).toEqual([server.url]);
});

it("the headline and the window's title change when an event says that mainpc is dead", async () => {
  const server = await serve(fleetView(), ledgerView(), sectionsView());
  const { page, errors } = await visit(server.url);
  await until("the page to listen", () => server.listeners === 1);
  server.fleet = kill(server.fleet, "mainpc");
  server.send({ type: "machine", name: "mainpc", machine: machineOf(server.fleet, "mainpc") });
  await page.locator("h1", { hasText: "mainpc is dead since 14:03:22" }).waitFor();
  await until("the title to follow", async () => (await page.title()).startsWith("mainpc is dead since 14:03:22"));
  expect(await page.locator("article.machine", { hasText: "mainpc" }).locator(".verdict").textContent()).toContain(
    "dead",
  );
  expect(errors).toEqual([]);
});

it("of 77 agents the text filter and the health filter leave the 2 unhealthy ones, then the one that is named", async () => {
  const server = await serve(ail(fleetView(), "unhealthy", "no answer", "TTSService", "MemoryClient"), ledgerView());
  const { page } = await visit(server.url);
  await until("the page to listen", () => server.listeners === 1);
  await page.locator("button.choice", { hasText: "unhealthy" }).click();
  await until("2 tiles", async () => (await page.locator(".tile").count()) === 2);
  await page.keyboard.press("/");
  await page.keyboard.type("ttss");
  await until("1 tile", async () => (await page.locator(".tile").count()) === 1);
  expect(await page.locator(".tile").getAttribute("data-agent")).toBe("mainpc/TTSService");
});

it("goes on from the second hub when the first is closed, and says so", async () => {
  const second = await serve(fleetView("pc2"), ledgerView("pc2"));
  const first = await serve(fleetView("mainpc", { pc2: second.url }), ledgerView("mainpc"));
  second.peerOrigin = first.url;
  const { page } = await visit(first.url);
  await until("the page to listen", () => first.listeners === 1);
  await first.close();
  await until("the page to turn to the second hub", () => second.listeners === 1);
  await page.locator("h1", { hasText: "ObservabilityHub on mainpc does not answer this page" }).waitFor();
  second.fleet = kill(second.fleet, "mainpc");
  await page.locator("h1", { hasText: "mainpc is dead since 14:03:22" }).waitFor();
  await page.getByText("EdgeHub on pc2 tells what you see").first().waitFor();
  expect(await page.locator(".tile").count()).toBe(77);
});

it("is readable without JavaScript: headline, both machines, the ledger and 77 agents", async () => {
  const server = await serve(kill(fleetView(), "mainpc"), ledgerView("pc2", 214));
  const { page, errors } = await visit(server.url, false);
  expect(await headingOf(page)).toContain("mainpc is dead since");
  const text = await page.locator("main").textContent();
  for (const words of ["ObservabilityHub", "EdgeHub", "missing 0", "214", "TTSService"]) expect(text).toContain(words);
  expect(await page.locator(".tile:visible").count()).toBe(77);
  expect(errors).toEqual([]);
});

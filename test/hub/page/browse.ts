/** A real Chromium for a test file, and pages in it whose errors are kept. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { until } from "../../support/until.ts";
import { PageServer } from "./page-server.ts";

/** Below a test's own deadline, so that what was awaited in vain is named. */
const waitDeadlineMs = 40_000;

export interface Visit {
  page: Page;
  /** Errors on the console and exceptions of the script. */
  errors: string[];
}

/** To be called at the top of a test file: it closes with the tests what they opened. */
export function browse() {
  let browser: Browser;
  const servers: PageServer[] = [];
  beforeAll(async () => {
    const executablePath = await ensureTool("chromium", (line) => process.stderr.write(`${line}\n`));
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => await browser?.close());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const server of servers.splice(0)) await server.close();
  });
  return {
    async serve(...parameters: Parameters<typeof PageServer.start>): Promise<PageServer> {
      const server = await PageServer.start(...parameters);
      servers.push(server);
      return server;
    },
    /** Resolves once the page is fed by its hub, where scripts run. */
    async visit(server: PageServer, path = "/", options: BrowserContextOptions = {}): Promise<Visit> {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(waitDeadlineMs);
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(`${server.url}${path}`);
      if (options.javaScriptEnabled !== false) await until("the page to listen", () => server.listeners > 0);
      return { page, errors };
    },
  };
}

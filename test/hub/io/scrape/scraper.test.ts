import { describe, expect, it, onTestFinished } from "vitest";
import type { AgentConfig } from "../../../../hub/config.ts";
import { type Candidate, Fold } from "../../../../hub/core/fold/fold.ts";
import type { AppendOutcome } from "../../../../hub/io/journal.ts";
import { createLog } from "../../../../hub/io/log.ts";
import { Scraper, type ScraperOptions } from "../../../../hub/io/scrape/scraper.ts";
import { until } from "../../../support/until.ts";
import { freePort, httpServer, sleep, tcpServer } from "../probe/servers.ts";

function agent(name: string, port: number, more: Partial<AgentConfig> = {}): AgentConfig {
  return {
    name,
    machine: "mainpc",
    group: "test",
    isHub: false,
    probe: { kind: "tcp", host: "127.0.0.1", port },
    intervalMs: 2_000,
    deadlineMs: 1_000,
    needs: [],
    scrape: { host: "127.0.0.1", port, path: "/metrics", intervalMs: 100, deadlineMs: 100 },
    ...more,
  };
}

function scrape(agents: AgentConfig[], more: Partial<ScraperOptions> = {}) {
  const pushes: Candidate[] = [];
  const lines: string[] = [];
  const fold = new Fold();
  const scraper = new Scraper({
    agents,
    check: (push) => fold.check(push),
    limits: fold.admission.limits,
    append: async (push): Promise<AppendOutcome> => {
      pushes.push(push);
      return { kind: "stored", position: { incarnation: "one", seq: pushes.length } };
    },
    ready: () => true,
    maxBodyBytes: 10_000,
    log: createLog("test", (line) => lines.push(line)),
    clock: () => performance.now(),
    random: () => 0,
    ...more,
  });
  onTestFinished(() => scraper.stop());
  return { scraper, pushes, lines };
}

const counting = () => {
  let asked = 0;
  return httpServer((_, response) => response.end(`asked_total ${++asked}\n`));
};

describe("the scraper", () => {
  it("leaves an agent alone that pushes by itself, forgets how its scrapes went, and scrapes it again when it does not", async () => {
    const server = await counting();
    let pushesItself = false;
    const { scraper, pushes } = scrape([agent("Here", server.port)], { pushesItself: () => pushesItself });
    scraper.watch("mainpc");
    await until("a scrape", () => pushes.length >= 1);
    pushesItself = true;
    await until("it is forgotten", () => scraper.book.status("mainpc/Here") === undefined);
    const count = pushes.length;
    await sleep(350);
    expect(pushes).toHaveLength(count);
    pushesItself = false;
    await until("a scrape again", () => pushes.length > count);
  });

  it("scrapes the agents of watched machines again and again, and none without an address for it", async () => {
    const server = await counting();
    const { scraper, pushes } = scrape([
      agent("Here", server.port),
      agent("There", server.port, { machine: "pc2" }),
      agent("Mute", server.port, { scrape: undefined }),
    ]);
    scraper.watch("mainpc");
    scraper.watch("mainpc");
    await until("3 scrapes", () => pushes.length >= 3);
    expect(pushes.slice(0, 3).map(({ body }) => body)).toEqual(
      ["1", "2", "3"].map((count) => `asked_total ${count}\n`),
    );
    expect(new Set(pushes.map(({ group }) => group[0]?.[1]))).toEqual(new Set(["Here"]));
    expect(scraper.book.status("mainpc/Here")).toMatchObject({ ok: true, samples: 1, reason: "" });
    scraper.watch("pc2");
    await until("a scrape of the other machine's agent", () => pushes.some(({ group }) => group[0]?.[1] === "There"));
  });

  it("goes on with an agent that fails, counts each time, says so once, and stores nothing of it", async () => {
    const port = await freePort();
    const { scraper, pushes, lines } = scrape([agent("Gone", port)]);
    scraper.watch("mainpc");
    await until("3 failures", () => scraper.book.failures("mainpc/Gone") >= 3);
    expect(scraper.book.status("mainpc/Gone")).toMatchObject({ ok: false, samples: 0 });
    expect(scraper.book.status("mainpc/Gone")?.reason).toBe(`127.0.0.1:${port} refused the connection`);
    expect(pushes).toEqual([]);
    expect(lines.filter((line) => line.includes("scrape.failed"))).toHaveLength(1);
  });

  it("calls an error page with status 200 a failed scrape, and the next good one well again", async () => {
    let broken = true;
    const server = await httpServer((_, response) =>
      broken
        ? response.writeHead(200, { "content-type": "text/html" }).end("<title>Error</title>")
        : response.end("up 1\n"),
    );
    const { scraper, pushes, lines } = scrape([agent("Limper", server.port)]);
    scraper.watch("mainpc");
    await until("a failure", () => scraper.book.failures("mainpc/Limper") > 0);
    expect(scraper.book.status("mainpc/Limper")?.reason).toBe("an HTML page came with status 200: Error");
    expect(pushes).toEqual([]);
    broken = false;
    await until("a good scrape", () => scraper.book.status("mainpc/Limper")?.ok);
    expect(lines.join()).toContain("scrape.well");
  });

  it("calls metrics that could not be stored a failed scrape, with the store's reason", async () => {
    const server = await counting();
    const { scraper } = scrape([agent("Here", server.port)], {
      append: async () => ({ kind: "full", reason: "the stream is full" }),
    });
    scraper.watch("mainpc");
    await until("a failure", () => scraper.book.failures("mainpc/Here") > 0);
    expect(scraper.book.status("mainpc/Here")?.reason).toBe("what came could not be stored: the stream is full");
  });

  it("asks nobody before the hub takes pushes", async () => {
    let ready = false;
    let looked = 0;
    const server = await counting();
    const { scraper, pushes } = scrape([agent("Here", server.port)], {
      ready: () => {
        looked++;
        return ready;
      },
    });
    scraper.watch("mainpc");
    await until("2 looks", () => looked >= 2);
    expect(server.connections).toBe(0);
    ready = true;
    await until("a scrape", () => pushes.length > 0);
  });

  it("has 2 scrapes of a machine under way at once when told so, and lets a hanging machine keep no other waiting", async () => {
    const hanging = await tcpServer((socket) => socket.resume());
    const well = await counting();
    const config = { host: "127.0.0.1", port: hanging.port, path: "/metrics", intervalMs: 100, deadlineMs: 60_000 };
    const hangers = ["A", "B", "C", "D"].map((name) => agent(name, hanging.port, { machine: "pc2", scrape: config }));
    const { scraper, pushes } = scrape([...hangers, agent("Here", well.port)], { maxInFlight: 2 });
    scraper.watch("pc2");
    await until("2 connections", () => hanging.connections === 2);
    scraper.watch("mainpc");
    await until("2 scrapes", () => pushes.length >= 2);
    expect(hanging.connections).toBe(2);
  });

  it("stores nothing of a machine that is no longer watched, forgets what it knew, and can watch it again", async () => {
    const answers: (() => void)[] = [];
    const server = await httpServer((_, response) => void answers.push(() => response.end("up 1\n")));
    const config = { host: "127.0.0.1", port: server.port, path: "/metrics", intervalMs: 100, deadlineMs: 60_000 };
    const { scraper, pushes } = scrape([agent("Here", server.port, { scrape: config })]);
    scraper.watch("mainpc");
    await until("a scrape under way", () => answers.length === 1);
    scraper.unwatch("mainpc");
    await until("its connection to end", () => server.sockets.size === 0);
    answers[0]?.();
    await sleep(50);
    expect(pushes).toEqual([]);
    expect(scraper.book.status("mainpc/Here")).toBeUndefined();
    scraper.watch("mainpc");
    await until("another scrape", () => answers.length === 2);
    answers[1]?.();
    await until("what it brought", () => pushes.length === 1);
  });
});

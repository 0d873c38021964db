import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RouteWord } from "../../../hub/core/router/word.ts";
import { createLog } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { RouterClient, type RouterNews } from "../../../hub/io/router-client.ts";
import { Router } from "../../../hub/router/router.ts";
import { fault } from "../../support/fault.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";
import { ask, httpTarget, runRouter, service, startRouter } from "./fixture.ts";

const to = { host: "127.0.0.1", port: 9 };
const word = (epoch: number, more: Partial<RouteWord> = {}): RouteWord => ({
  service,
  epoch,
  to,
  untilMonoMs: null,
  ...more,
});

describe("words of who acts", () => {
  it("of a lower epoch are refused, those of the same and of a higher one taken", async () => {
    const { client } = await startRouter();
    expect(await client.put([word(4)])).toEqual([]);
    expect(await client.put([word(3)])).toEqual([{ service, epoch: 3, why: "stale", known: 4 }]);
    expect(await client.put([word(4, { to: null }), word(7)])).toEqual([]);
    expect(await client.put([{ ...word(1), service: "Nobody" }])).toEqual([
      { service: "Nobody", epoch: 1, why: "unknown", known: null },
    ]);
    expect((await client.routes())[0]).toMatchObject({ epoch: 7, to, held: null });
  });

  it("are on disk before they are answered: a router that starts anew holds, and refuses the stale owner", async ({
    task,
  }) => {
    const { client, config, router } = await startRouter();
    await client.put([word(6)]);
    expect(JSON.parse(readFileSync(config.stateFile, "utf8"))).toEqual({ v: 1, epochs: { [service]: 6 } });
    expect([statSync(config.stateFile).mode & 0o777, statSync(config.socket).mode & 0o777]).toEqual([0o600, 0o600]);
    await router.stop();
    await runRouter(config);
    expect((await client.routes())[0]).toMatchObject({ epoch: 6, to: null, held: "no-word" });
    expect(await client.put([word(5)])).toEqual([{ service, epoch: 5, why: "stale", known: 6 }]);
    const [route] = await client.routes();
    fault(task, "router-restarted", { knownEpoch: route?.epoch ?? -1, carriedTo: route?.to === null ? 0 : 1 });
  });

  it("that need no disk are obeyed while one epoch cannot be written: renewals and holds, and nothing that a higher epoch opens", async () => {
    const { client, config, router } = await startRouter();
    await router.stop();
    const ports = await freePorts(2);
    const more = ["Plan", "Chat"].map((name, i) => ({ service: name, port: ports[i] ?? 0, protocol: "auto" as const }));
    await runRouter({ ...config, routes: [...config.routes, ...more] });
    const of = (name: string, epoch: number, change: Partial<RouteWord> = {}) => ({
      ...word(epoch, change),
      service: name,
    });
    await client.put([word(4, { untilMonoMs: monoMs() + 60_000 }), of("Plan", 4), of("Chat", 4)]);
    // What is written first is in the way, also for root.
    mkdirSync(`${config.stateFile}.new`);
    const untilMonoMs = monoMs() + 600_000;
    const other = { ...to, port: 10 };
    const words = [of("Chat", 6, { to: other }), of("Plan", 5, { to: null }), word(4, { untilMonoMs })];
    await expect(client.put(words)).rejects.toThrow("the router answered with 500");
    expect(await client.routes()).toMatchObject([
      { service, epoch: 4, held: null, untilMonoMs },
      { service: "Plan", epoch: 4, held: "told" },
      { service: "Chat", epoch: 4, held: null, to },
    ]);
    rmdirSync(`${config.stateFile}.new`);
    expect(await client.put(words)).toEqual([]);
    expect(await client.routes()).toMatchObject([{ epoch: 4 }, { epoch: 5, held: "told" }, { epoch: 6, to: other }]);
  });

  it("that are no words are answered with 400, and say where", async () => {
    const { config, client } = await startRouter();
    const answer = await ask(0, { socketPath: config.socket, method: "PUT", path: "/v1/routes" }, '[{"service":"a"}]');
    expect([answer.status, answer.text.includes("[0].epoch")]).toEqual([400, true]);
    expect((await client.routes())[0]?.epoch).toBe(null);
  });

  it("are not believed after a damaged file of epochs: the router does not start", async () => {
    const { config, router } = await startRouter();
    await router.stop();
    writeFileSync(config.stateFile, "{");
    expect(
      () =>
        new Router(
          config,
          createLog("test", () => {}),
        ),
    ).toThrow("is no file of epochs");
  });

  it("go to one router only: a second one does not start on the same socket", async () => {
    const { config } = await startRouter();
    await expect(runRouter({ ...config, routes: [] })).rejects.toThrow(`another process listens on ${config.socket}`);
  });
});

describe("news of the router", () => {
  it("tell of openings, holds, refusals of the target, and the end of a drain", async () => {
    const side = await startRouter({ takeoverWaitMs: 50 });
    const news: RouterNews[] = [];
    side.client.events((event) => news.push(event));
    const kinds = () => news.map((event) => ("why" in event ? `${event.type} ${event.why}` : event.type));
    await until("the hello", () => news.length === 1);
    const target = await httpTarget((_, response) => void response.end());
    await side.open(target);
    await ask(side.port);
    await target.crash();
    await ask(side.port);
    await side.hold();
    await until("the end of the drain", () => kinds().includes("drained"));
    expect([...new Set(kinds())]).toEqual(["hello", "opened", "refused refused", "drained", "held told"]);
    const text = (await ask(0, { socketPath: side.config.socket, path: "/metrics" })).text;
    expect(text).toMatch(/tandem_router_target_failures_total\{service="TutorAgent",why="refused"\} [1-9]/);
    expect(text).toContain(`tandem_router_requests_total{service="TutorAgent",outcome="answered"} 1`);
    expect(text).toContain(`tandem_router_open{service="TutorAgent"} 0`);
  });

  it("go on after the router was started anew, with another incarnation, and words are taken again", async () => {
    const { client, config, router } = await startRouter();
    const news: RouterNews[] = [];
    client.events((event) => news.push(event));
    await until("the hello", () => news.length === 1);
    await router.stop();
    await until("the loss", () => news.at(-1)?.type === "lost");
    await runRouter(config);
    await until("another hello", () => news.at(-1)?.type === "hello");
    const incarnations = news.flatMap((event) => (event.type === "hello" ? [event.incarnation] : []));
    expect(new Set(incarnations).size).toBe(2);
    expect(await client.put([word(1)])).toEqual([]);
  });

  it("fail with the reason while there is no router", async () => {
    const client = new RouterClient({ socket: "/nonexistent/router.sock" });
    await expect(client.put([word(1)])).rejects.toThrow("ENOENT");
    client.stop();
  });
});

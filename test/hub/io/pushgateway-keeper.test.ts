import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { PushLimits } from "../../../hub/core/push-limits.ts";
import { createLog } from "../../../hub/io/log.ts";
import { type KeptGroup, PushgatewayKeeper } from "../../../hub/io/pushgateway-keeper.ts";
import { straightBounds } from "../../../hub/io/straight-push.ts";
import { RealPushgateway } from "../../support/pushgateway.ts";
import { until } from "../../support/until.ts";

it("feeds none of 5,000 groups that are read back as deleted, at a start and when the Pushgateway starts anew, but those that it fed and those deleted since", async () => {
  const asked: string[] = [];
  let startTime = "1";
  const server = createServer(({ method, url }, answer) => {
    if (method !== "GET") asked.push(`${method} ${url}`);
    answer.end(url === "/api/v1/status" ? JSON.stringify({ data: { start_time: startTime } }) : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const groups = new Map<string, KeptGroup>();
  let ready = false;
  const keeper = new PushgatewayKeeper({
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port }, // a TCP server's address is never a path
    keys: () => [...groups.keys()].filter((key) => groups.get(key)?.text !== undefined),
    group: (key) => groups.get(key),
    known: (key) => (groups.get(key)?.text === undefined ? "deleted" : "stands"),
    ready: () => ready,
    settled: () => true,
    adopt: async () => ({ kind: "equal" }),
    groupBounds: straightBounds(PushLimits.parse({})),
    lookEveryMs: 60_000,
    log: createLog("test", () => {}),
  });
  onTestFinished(() => {
    keeper.stop();
    server.close();
    server.closeAllConnections();
  });
  const set = (job: string, text: string | undefined) => {
    groups.set(job, { path: `/${job}`, text });
    keeper.changed([job]);
  };
  const allFed = (times: number) => until("all fed", () => asked.length >= times && keeper.pending === 0);
  // Before the Pushgateway is known to be there.
  set("unfed", "kept 1\n");
  set("unfed", undefined);
  set("fed", "kept 1\n");
  await allFed(1);
  for (let i = 0; i < 5_000; i++) set(`gone${i}`, undefined);
  set("fed", undefined);
  set("live", "kept 1\n");
  expect(keeper.pending).toBe(2);
  await allFed(3);
  ready = true;
  set("gone7", undefined);
  await allFed(4);
  expect(asked).toEqual(["PUT /fed", "PUT /live", "DELETE /fed", "DELETE /gone7"]);
  startTime = "2";
  await allFed(5);
  expect(asked.slice(4)).toEqual(["PUT /live"]);
});

describe("the keeper of a real Pushgateway", () => {
  let gateway: RealPushgateway;
  let keeper: PushgatewayKeeper;
  const groups = new Map<string, KeptGroup>();

  beforeEach(async () => {
    groups.clear();
    gateway = await RealPushgateway.start();
    keeper = new PushgatewayKeeper({
      address: gateway.address,
      keys: () => groups.keys(),
      group: (key) => groups.get(key),
      known: (key) => {
        const group = groups.get(key);
        return group === undefined ? "nothing" : group.text === undefined ? "deleted" : "stands";
      },
      ready: () => true,
      settled: () => true,
      adopt: async () => ({ kind: "equal" }),
      groupBounds: straightBounds(PushLimits.parse({})),
      log: createLog("test", () => {}),
    });
  });
  afterEach(async () => {
    keeper.stop();
    await gateway.kill();
  });

  const set = (job: string, text: string | undefined) => {
    groups.set(job, { path: `/metrics/job/${job}`, text });
    keeper.changed([job]);
  };
  const shows = (line: string) => until(line, async () => (await gateway.metrics()).includes(line));
  const hides = (line: string) => until(`no ${line}`, async () => !(await gateway.metrics()).includes(line));

  it("feeds new, changed and deleted groups", async () => {
    set("a", "kept 1\n");
    await shows('kept{instance="",job="a"} 1');
    set("a", "kept 2\n");
    await shows('kept{instance="",job="a"} 2');
    set("a", undefined);
    await hides('job="a"');
  });

  it("fills it again after SIGKILL, and takes away what was deleted meanwhile", async () => {
    for (let i = 0; i < 200; i++) set(`job${i}`, `kept ${i}\n`);
    await shows('kept{instance="",job="job199"} 199');
    await gateway.kill();
    set("job0", undefined);
    set("job1", "kept 1001\n");
    await gateway.start();
    await shows('kept{instance="",job="job1"} 1001');
    await until("199 groups", async () => (await gateway.metrics()).match(/^kept\{/gm)?.length === 199);
    expect(await gateway.metrics()).not.toContain('job="job0"');
  });

  it("feeds all of 1,500 groups that changed at once, though the pace lets 500 go", async () => {
    set("first", "fed 1\n");
    await shows('fed{instance="",job="first"} 1');
    for (let i = 0; i < 1_500; i++) set(`job${i}`, `kept ${i}\n`);
    await until("1,500 groups", async () => (await gateway.metrics()).match(/^kept\{/gm)?.length === 1_500);
    await until("all fed", () => keeper.pending === 0);
  });

  it("sends the newest state of a group only, however often it changed meanwhile", async () => {
    await gateway.kill();
    for (let i = 0; i < 1_000; i++) set("busy", `kept ${i}\n`);
    await gateway.start();
    await shows('kept{instance="",job="busy"} 999');
    expect(keeper.pending).toBe(0);
  });

  it("ends with the small state of a group that replaced 30,000 series while they were fed", async () => {
    for (let round = 0; round < 5; round++) {
      set("large", Array.from({ length: 30_000 }, (_, i) => `kept{i="${i}"} ${round}\n`).join(""));
      await new Promise((resolve) => setTimeout(resolve, 5));
      set("large", `kept ${round}\n`);
      await until("all fed", () => keeper.pending === 0);
      await shows(`kept{instance="",job="large"} ${round}\n`);
    }
  });

  it("counts a group that it refuses and goes on with the others", async () => {
    set("bad", "not a metric\n");
    set("good", "kept 1\n");
    await shows('kept{instance="",job="good"} 1');
    await until("the refusal", () => keeper.rejected === 1);
  });
});

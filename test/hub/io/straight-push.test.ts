import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { pushgatewayArgs } from "../../../components/pushgateway-args.ts";
import { type Candidate, Fold } from "../../../hub/core/fold/fold.ts";
import { groupPath, parseGroupPath } from "../../../hub/core/group-path.ts";
import { createLog } from "../../../hub/io/log.ts";
import { PushgatewayKeeper } from "../../../hub/io/pushgateway-keeper.ts";
import { adopt } from "../../../hub/io/straight-push.ts";
import { fault } from "../../support/fault.ts";
import { RealPushgateway } from "../../support/pushgateway.ts";
import { until } from "../../support/until.ts";

/** A hub's fold and keeper over a real Pushgateway, and a store that takes everything at once. */
class Side {
  readonly gateway: RealPushgateway;
  readonly fold = new Fold();
  readonly appended: Candidate[] = [];
  readonly lines: string[] = [];
  readonly keeper: PushgatewayKeeper;
  settled = true;
  ready = true;
  full = false;
  #counter = 0;

  constructor(gateway: RealPushgateway, address = gateway.address) {
    this.gateway = gateway;
    this.keeper = new PushgatewayKeeper({
      address,
      keys: () => this.fold.keys(),
      group: (key) => {
        const group = this.fold.groupOf(key);
        return group && { path: groupPath(group), text: this.fold.groupText(key) };
      },
      known: (key) =>
        this.fold.group(key) !== undefined ? "stands" : this.fold.groupOf(key) !== undefined ? "deleted" : "nothing",
      ready: () => this.ready,
      lookEveryMs: 100,
      settled: () => this.settled,
      groupBounds: { bytes: 50_000, pairs: 5_000, metricPairs: 1_000 },
      adopt: (sighting) =>
        adopt(sighting, {
          fold: this.fold,
          maxBodyBytes: 100_000,
          append: async (push) => {
            if (this.full) return { kind: "full", reason: "the stream is full" };
            this.appended.push(push);
            this.apply(push);
            return { kind: "stored", position: { incarnation: "one", seq: 1 } };
          },
        }),
      log: createLog("test", (line) => this.lines.push(line)),
    });
  }

  apply(push: Candidate): void {
    const at = { wallMs: Date.now(), counter: ++this.#counter };
    this.keeper.changed(this.fold.apply({ ...push, at }, "mainpc").changed);
  }

  /** Through the hub. */
  push(path: string, body: string, op: "put" | "delete" = "put"): void {
    const parsed = parseGroupPath(path);
    if (!parsed.ok) throw new Error(parsed.reason);
    this.apply({ kind: "push", op, group: parsed.group, body });
  }

  /** Past the hub. */
  async straight(path: string, body: string, method = "PUT"): Promise<void> {
    const answer = await fetch(this.gateway.url + path, { method, ...(method === "DELETE" ? {} : { body }) });
    expect(answer.status).toBeLessThan(300);
  }

  async shows(line: string): Promise<void> {
    await until(line, async () => (await this.gateway.metrics()).includes(line));
  }

  async holds(line: string): Promise<void> {
    await until(line, () => this.fold.metricsText().includes(line));
  }

  /** Looks that began after this moment have ended. */
  async looked(times = 2): Promise<void> {
    const before = this.keeper.looks.ended;
    await until(`${times} more looks`, () => this.keeper.looks.ended >= before + times);
  }
}

/** When a Pushgateway took the newest push of the group, wall ms; 0 while it has none. */
function pushedMs(metrics: string, job: string): number {
  const [, seconds = 0] = new RegExp(`^push_time_seconds\\{instance="",job="${job}"\\} (.+)$`, "m").exec(metrics) ?? [];
  return Number(seconds) * 1_000;
}

describe("a Pushgateway that others write to", () => {
  let side: Side;
  beforeEach(async () => {
    const args = (host: string, port: number) => [...pushgatewayArgs({ host, port }), "--web.enable-admin-api"];
    side = new Side(await RealPushgateway.start(args));
  });
  afterEach(async () => {
    side.keeper.stop();
    await side.gateway.kill();
  });

  it("is filled again after a wipe and after a DELETE that came straight to it, and nothing is adopted", async ({
    task,
  }) => {
    for (let i = 0; i < 200; i++) side.push(`/metrics/job/j${i}`, `kept ${i}\n`);
    await side.shows('kept{instance="",job="j199"} 199');
    await side.straight("/api/v1/admin/wipe", "");
    await until("200 groups", async () => (await side.gateway.metrics()).match(/^kept\{/gm)?.length === 200);
    const deletedMs = Date.now();
    await side.straight("/metrics/job/j7", "", "DELETE");
    // Its absence may be over before anybody looks.
    await until("its being fed again", async () => pushedMs(await side.gateway.metrics(), "j7") > deletedMs);
    await side.shows('kept{instance="",job="j7"} 7');
    await side.looked();
    expect(side.appended).toEqual([]);
    expect(side.fold.groupCount).toBe(200);
    fault(task, "gateway-wiped", { groups: side.fold.groupCount, adopted: side.appended.length });
  });

  it("has a new group and a changed one taken over once, all kinds of metrics alike, and goes on as before", async () => {
    side.push("/metrics/job/a", "kept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    await side.straight("/metrics/job/a", "kept 2\n");
    await side.holds('kept{instance="",job="a"} 2');
    const histogram =
      '# HELP took Time.\n# TYPE took histogram\ntook_bucket{le="0.5"} 1\ntook_bucket{le="5"} 2\ntook_sum 3\ntook_count 4\n';
    await side.straight("/metrics/job/b/zone/x", `${histogram}# TYPE up gauge\nup{l="\\"q\\""} NaN\n`);
    await side.holds('took_bucket{instance="",job="b",zone="x",le="+Inf"} 4');
    await side.holds('up{instance="",job="b",l="\\"q\\"",zone="x"} NaN');
    await side.straight("/metrics/job/a", "added 5\n", "POST");
    await side.holds('added{instance="",job="a"} 5');
    await side.holds('kept{instance="",job="a"} 2');
    await side.looked(3);
    expect(side.appended.map(({ op, group }) => `${op} ${group[0]?.[1]}`)).toEqual(["put a", "put b", "put a"]);
    expect(side.keeper.looks.adopted).toBe(3);
    side.push("/metrics/job/a", "kept 6\n");
    await side.shows('kept{instance="",job="a"} 6');
  });

  it("brings back a group that was deleted and is then pushed straight to it", async () => {
    side.push("/metrics/job/a", "kept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    side.push("/metrics/job/a", "", "delete");
    await until("its end", async () => !(await side.gateway.metrics()).includes('job="a"'));
    await side.looked();
    await side.straight("/metrics/job/a", "kept 3\n");
    await side.holds('kept{instance="",job="a"} 3');
    expect(side.appended).toHaveLength(1);
  });

  it("takes away what was deleted while its hub was down, and adopts what is pushed straight to it under such a name thereafter", async () => {
    side.push("/metrics/job/a", "kept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    side.keeper.stop();
    side = new Side(side.gateway);
    side.ready = false;
    for (const job of ["a", "b"]) side.push(`/metrics/job/${job}`, "", "delete");
    expect(side.keeper.pending).toBe(0);
    side.ready = true;
    await until("its end", async () => !(await side.gateway.metrics()).includes('job="a"'));
    await side.looked();
    expect(side.appended).toEqual([]);
    await side.straight("/metrics/job/b", "kept 2\n");
    await side.holds('kept{instance="",job="b"} 2');
    expect(side.appended).toHaveLength(1);
  });

  it("adopts none of its own feeds, though each look finds some that are under way and newer ones that wait", async () => {
    side.keeper.stop();
    side = new Side(side.gateway, await lateAnswers(side.gateway, 200, ({ method }) => method !== "GET"));
    let value = 0;
    const timer = setInterval(() => {
      for (const job of ["a", "b", "c", "d"]) side.push(`/metrics/job/${job}`, `kept ${value}\n`);
      if (value % 7 === 0) side.push("/metrics/job/gone", `kept ${value}\n`, value % 2 === 0 ? "put" : "delete");
      value++;
    }, 3);
    await side.looked(4);
    clearInterval(timer);
    await until("all fed", () => side.keeper.pending === 0);
    await side.looked();
    expect(side.appended).toEqual([]);
    await side.shows(`kept{instance="",job="d"} ${value - 1}`);
  });

  it("passes no old state off for a push when it is started anew with an old file, unnoticed for 1.5 s", async ({
    task,
  }) => {
    const dir = mkdtempSync(join(tmpdir(), "tandem-gateway-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const persistenceFile = join(dir, "groups");
    side.keeper.stop();
    await side.gateway.kill();
    const gateway = await RealPushgateway.start((host, port) =>
      pushgatewayArgs({ host, port, persistenceFile, persistenceIntervalSeconds: 1 }),
    );
    const address = await lateAnswers(gateway, 1_500, ({ url }) => url === "/api/v1/status");
    side = new Side(gateway, address);
    side.push("/metrics/job/a", "kept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    await until("its file", () => existsSync(persistenceFile));
    const old = readFileSync(persistenceFile);
    side.push("/metrics/job/a", "kept 2\n");
    await side.shows('kept{instance="",job="a"} 2');
    await side.looked();
    await gateway.kill();
    writeFileSync(persistenceFile, old);
    await gateway.start();
    await side.shows('kept{instance="",job="a"} 1');
    await side.shows('kept{instance="",job="a"} 2');
    await side.looked();
    expect(side.appended).toEqual([]);
    fault(task, "pushgateway-killed", { adopted: side.appended.length });
  });

  it("finds the same content pushed straight to be equal, and stores nothing", async () => {
    side.push("/metrics/job/a", "kept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    await side.straight("/metrics/job/a", "kept 1\n");
    await side.looked();
    expect(side.appended).toEqual([]);
  });

  it("is put back where no hub would have taken the push, which would have broken all of its metrics", async () => {
    side.push("/metrics/job/a", "# TYPE kept gauge\nkept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    await side.straight("/metrics/job/b", "# TYPE kept counter\nkept 2\n");
    await side.straight("/metrics/job/a", "tandem_own 3\n");
    await until("both put back", () => side.keeper.looks.putBack >= 2);
    await side.shows('kept{instance="",job="a"} 1');
    await until("the end of b", async () => !(await side.gateway.metrics()).includes('job="b"'));
    expect(side.lines.join()).toContain("kept is of type counter in this push");
    expect(side.appended).toEqual([]);
    expect(side.fold.groupCount).toBe(1);
  });

  it("is put back unread where a group is larger than any push makes one, and shows all others meanwhile and thereafter", async () => {
    side.push("/metrics/job/a", "kept 1\n");
    await side.shows('kept{instance="",job="a"} 1');
    const large = Array.from({ length: 2_000 }, (_, i) => `big{i="${i}"} 1\n`).join("");
    await side.straight("/metrics/job/new", large);
    await side.straight("/metrics/job/a", large);
    await side.straight("/metrics/job/b", "labels 2\n");
    await side.holds('labels{instance="",job="b"} 2');
    await until("both put back", () => side.keeper.looks.putBack >= 2);
    await side.shows('kept{instance="",job="a"} 1');
    await until("the end of new", async () => !(await side.gateway.metrics()).includes("big{"));
    expect(side.lines.join()).toContain("larger than what is read of a group: 50000 bytes, 5000 labels and values");
    await side.straight("/metrics/job/c", "kept 3\n");
    await side.holds('kept{instance="",job="c"} 3');
    expect(side.appended.map(({ group }) => group[0]?.[1])).toEqual(["b", "c"]);
  });

  it("has what is too large and contradicts put back as well, though no metrics are shown until then", async () => {
    side.push("/metrics/job/a", "# TYPE big gauge\nbig 1\n");
    await side.shows('big{instance="",job="a"} 1');
    const large = Array.from({ length: 2_000 }, (_, i) => `big{i="${i}"} 1\n`).join("");
    await side.straight("/metrics/job/new", `# TYPE big counter\n${large}`);
    await until("it to be put back", () => side.keeper.looks.putBack >= 1);
    await side.shows('big{instance="",job="a"} 1');
    expect(side.appended).toEqual([]);
  });

  it("keeps what the store does not take, and has it adopted once the store takes it", async () => {
    side.full = true;
    await side.straight("/metrics/job/a", "kept 1\n");
    await until("a try", () => side.lines.some((line) => line.includes("adoption_waits")));
    await side.shows('kept{instance="",job="a"} 1');
    side.full = false;
    await side.holds('kept{instance="",job="a"} 1');
  });

  it("has groups from before its hub's start adopted only once the hub holds all that the pair has", async () => {
    side.keeper.stop();
    await side.straight("/metrics/job/old", "kept 1\n");
    const later = new Side(side.gateway);
    later.settled = false;
    side = later;
    await side.looked(3);
    expect(side.appended).toEqual([]);
    await side.straight("/metrics/job/new", "kept 2\n");
    await side.holds('kept{instance="",job="new"} 2');
    side.settled = true;
    await side.holds('kept{instance="",job="old"} 1');
  });
});

/** A way to the Pushgateway on which all arrives at once, and those answers late that are chosen. */
async function lateAnswers(
  gateway: RealPushgateway,
  lateMs: number,
  isLate: (request: IncomingMessage) => boolean,
): Promise<{ host: string; port: number }> {
  const server = createServer((asked, answer) => {
    const { method, url: path, headers } = asked;
    const passed = request({ ...gateway.address, method, path, headers }, (response) => {
      const pass = () => void response.pipe(answer.writeHead(response.statusCode ?? 0, response.headers));
      if (isLate(asked)) setTimeout(pass, lateMs);
      else pass();
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port }; // a TCP server's address is never a path
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { failoverSeat } from "../../../hub/judge/failover-seat.ts";
import { fault } from "../../support/fault.ts";
import { until } from "../../support/until.ts";
import { Seats, service } from "./seats.ts";

const witness = { host: "127.0.0.1", port: 4_333 };
let seats: Seats;
afterEach(() => seats.stop());

const fileOf = (name: string) => join(seats.directory, name, "failover.json");

describe("the seat of the failover", () => {
  it("carries clients to the home's instance on both machines once both tables are on disk", async () => {
    seats = new Seats({ services: [service("Reader")] });
    const [mainpc, pc2] = seats.startBoth();
    await until(
      "both route",
      () => mainpc.route("Reader")?.to?.port === 7_001 && pc2.route("Reader")?.to?.port === 7_001,
    );
    await until(
      "both are on disk",
      () => existsSync(fileOf("pc2")) && JSON.parse(readFileSync(fileOf("pc2"), "utf8")).saved.blank === false,
    );
    expect(mainpc.route("Reader")).toEqual({
      service: "Reader",
      epoch: 0,
      to: { host: "127.0.0.1", port: 7_001 },
      untilMonoMs: null,
    });
    await until("the view", () => mainpc.view("Reader")?.state === "home" && pc2.view("Reader")?.state === "home");
  });

  it("writes the next epoch down before anybody hears of it, and tells the hub of the move", async () => {
    seats = new Seats({ services: [service("Reader")] });
    const [, pc2] = seats.startBoth();
    await until("it routes to the home", () => pc2.route("Reader")?.to?.port === 7_001);
    seats.kill("mainpc");
    await until("it routes to the standby", () => pc2.route("Reader")?.to?.port === 7_002);
    expect(JSON.parse(readFileSync(fileOf("pc2"), "utf8")).saved.table).toEqual({
      Reader: { epoch: 1, released: false },
    });
    expect(pc2.toMain).toContainEqual({
      type: "moved",
      service: "Reader",
      from: "mainpc",
      to: "pc2",
      epoch: 1,
      why: "mainpc is dead",
    });
    expect(pc2.deeds).toContain('says {"Reader":{"epoch":1,"released":false}}, on disk');
    expect(pc2.deeds.filter((deed) => deed.endsWith("not on disk"))).toEqual([]);
  });

  it("moves nothing while its directory cannot be written, and says so once", async () => {
    seats = new Seats({ services: [service("Reader")] });
    writeFileSync(join(seats.directory, "pc2"), "a file where the directory should be");
    const [, pc2] = seats.startBoth();
    await until("it complains", () => pc2.log.includes("failover.table_unwritten"));
    seats.kill("mainpc");
    await until("the alert", () =>
      pc2.toMain.some((message) => message.type === "alert" && message.name === "table-unwritten"),
    );
    expect(pc2.view("Reader")).toMatchObject({ epoch: 0, acts: false });
    expect(pc2.digest).toBe("");
    expect(pc2.log.filter((event) => event === "failover.table_unwritten")).toHaveLength(1);
  });

  it("takes a torn file for an empty disk: it learns the epochs of the peer before it acts for a single writer", async ({
    task,
  }) => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })] });
    mkdirSync(join(seats.directory, "mainpc"));
    writeFileSync(fileOf("mainpc"), '{"v":1,"saved":{"table":{"Writer":{"ep');
    mkdirSync(join(seats.directory, "pc2"));
    const table = { Writer: { epoch: 1, released: false, stays: true } };
    writeFileSync(fileOf("pc2"), JSON.stringify({ v: 1, saved: { table, blank: false } }));
    const mainpc = seats.start("mainpc");
    expect(mainpc.log).toContain("failover.table_unreadable");
    mainpc.judge("dead");
    await until("it holds", () => mainpc.view("Writer")?.state === "held");
    expect(mainpc.view("Writer")).toMatchObject({ owner: "mainpc", acts: false });
    const pc2 = seats.start("pc2");
    for (const seat of [mainpc, pc2]) seat.judge("alive");
    await until("it knows the owner", () => mainpc.view("Writer")?.owner === "pc2" && pc2.view("Writer")?.acts);
    await until("clients are carried there", () => mainpc.route("Writer")?.to?.port === 7_002);
    fault(task, "failover-file-torn", { acting: [mainpc, pc2].filter((seat) => seat.view("Writer")?.acts).length });
  });

  it("bounds what it says of a single writer by its lease and renews it; says nothing before anybody is known to act", async () => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })], witness });
    const [mainpc, pc2] = seats.startBoth();
    const first = await until("its route", () => mainpc.routed.find((words) => words[0]?.to?.port === 7_001)?.[0]);
    await until("it is renewed", () => (mainpc.route("Writer")?.untilMonoMs ?? 0) > (first.untilMonoMs ?? Number.NaN));
    await until("the other one carries there too", () => pc2.route("Writer")?.to?.port === 7_001);
    expect(pc2.route("Writer")?.untilMonoMs).toBeNull();
    expect(
      mainpc.routed
        .slice(
          0,
          mainpc.routed.findIndex((words) => words[0] === first),
        )
        .flat()
        .every(({ to }) => to === null),
    ).toBe(true);
  });

  it("gives a single writer away only after its router holds it, and not at all while that does not answer", async () => {
    seats = new Seats({
      services: [service("Writer", { singleWriter: true })],
      failover: { switchoverDeadlineMs: 1_000 },
    });
    const [mainpc, pc2] = seats.startBoth();
    await until("it acts", () => mainpc.route("Writer")?.to?.port === 7_001 && pc2.view("Writer")?.state === "home");
    mainpc.routerAnswers = false;
    mainpc.tell({ type: "operator", request: "7", order: { kind: "switchover", service: "Writer" } });
    await until("it is given up", () =>
      mainpc.toMain.some((message) => message.type === "alert" && message.name === "switchover-given-up"),
    );
    expect(mainpc.toMain).toContainEqual(expect.objectContaining({ type: "answer", request: "7", ok: true }));
    mainpc.routerAnswers = true;
    await until("it acts again", () => mainpc.view("Writer")?.acts);

    pc2.tell({ type: "operator", request: "8", order: { kind: "switchover", service: "Writer" } });
    await until("it is away", () => mainpc.route("Writer")?.to?.port === 7_002 && pc2.view("Writer")?.acts);
    const released = mainpc.deeds.findIndex((deed) => deed.startsWith("says") && deed.includes('"released":true'));
    expect(mainpc.deeds.lastIndexOf("Writer held", released)).toBeGreaterThan(
      mainpc.deeds.lastIndexOf("Writer 7001", released),
    );
    expect(pc2.deeds.indexOf("Writer 7002")).toBeGreaterThanOrEqual(0);
  });

  it("gives no single writer away whose router knows a later epoch, and carries clients by that", async () => {
    seats = new Seats({
      services: [service("Writer", { singleWriter: true })],
      failover: { switchoverDeadlineMs: 1_000 },
    });
    const [mainpc, pc2] = seats.startBoth();
    await until("it acts", () => mainpc.route("Writer")?.to?.port === 7_001 && pc2.view("Writer")?.state === "home");
    mainpc.routerRefuses = [{ service: "Writer", epoch: 0, why: "stale", known: 3 }];
    mainpc.tell({ type: "operator", request: "7", order: { kind: "switchover", service: "Writer" } });
    await until("it is given up", () =>
      mainpc.toMain.some((message) => message.type === "alert" && message.name === "switchover-given-up"),
    );
    expect(pc2.view("Writer")).toMatchObject({ owner: "mainpc", epoch: 0 });
  });

  it("starts a cold standby by its supervisor, and gives one away only once that has stopped it", async () => {
    const cold = service("Cold", { mode: "cold", singleWriter: true });
    seats = new Seats({ services: [cold] });
    const [mainpc, pc2] = seats.startBoth();
    await until(
      "it runs at home",
      () => mainpc.supervised.at(-1)?.[0]?.run && pc2.supervised.at(-1)?.[0]?.run === false,
    );
    mainpc.tell({ type: "operator", request: "1", order: { kind: "switchover", service: "Cold" } });
    await until("it is told to stop", () => mainpc.supervised.at(-1)?.[0]?.run === false);
    const asked = mainpc.supervised.length;
    await until("it is asked whether it stands", () => mainpc.supervised.length > asked + 2);
    expect(pc2.view("Cold")?.acts).toBe(false);
    mainpc.running = false;
    await until("the other one is told to start", () => pc2.supervised.at(-1)?.[0]?.run);
  });

  it("goes on for a single writer without a witness where the hub before it left off, though the other machine is off", async () => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })] });
    const [before] = seats.startBoth();
    await until("it acts", () => before.route("Writer")?.to?.port === 7_001);
    seats.kill("pc2");
    await seats.leave("mainpc");
    const after = seats.start("mainpc", true);
    after.judge("dead");
    await until("it is known for longer than a lease", () => after.counter > 125);
    expect(after.view("Writer")).toMatchObject({ acts: true, epoch: 0 });
    expect(after.deeds).not.toContain("Writer held");
    // It was left to this one alone.
    expect(JSON.parse(readFileSync(fileOf("mainpc"), "utf8")).saved).not.toHaveProperty("left");
  });

  it("does not count acknowledgements of beats of an earlier start", async () => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })], witness });
    const [before] = seats.startBoth();
    await until("it acts", () => before.view("Writer")?.acts);
    await until("it knows its epochs", () => readFileSync(fileOf("mainpc"), "utf8").includes('"blank":false'));
    const earlier = before.digest;
    expect(earlier).toMatch(/^[0-9a-f]{32}\.[0-9a-f]{12}$/);
    seats.kill("mainpc");
    seats.kill("pc2");
    // Votes of the peer are all that it has now.
    seats.witnessAnswers = false;
    const after = seats.start("mainpc");
    expect(after.digest.split(".")[0]).toBe(earlier.split(".")[0]);
    expect(after.digest).not.toBe(earlier);
    const acknowledge = (digest: string) => {
      const ack = { incarnation: "mainpc", counter: after.counter, digest };
      after.listener.beatHeard({ incarnation: "pc2", counter: after.counter, digest: earlier, ack }, monoMs());
    };
    for (let i = 0; i < 25; i++) {
      acknowledge(earlier);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(after.view("Writer")?.acts).not.toBe(true);
    }
    await until("it acts by those of its own start", () => {
      acknowledge(after.digest);
      return after.view("Writer")?.acts;
    });
  });

  it("drops its votes when the machine slept, which its clock does not show", async () => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })], witness });
    const [mainpc] = seats.startBoth();
    await until("clients are carried to it", () => mainpc.deeds.includes("Writer 7001"));
    const from = mainpc.deeds.length;
    const since = () => mainpc.deeds.slice(from);
    mainpc.asleepMs = 60_000;
    // New votes come within a few beats, so that only what was said in between shows that the old ones were dropped.
    await until("nobody is carried to it by votes of before the sleep", () => since().includes("Writer held"));
    expect(mainpc.log).toContain("failover.slept");
    await until("it acts by new votes", () => since().lastIndexOf("Writer 7001") > since().indexOf("Writer held"));
    expect(mainpc.view("Writer")?.acts).toBe(true);
  });

  it("drops its votes when the judge's thread stood still for half a lease, and not for less", async () => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })], witness });
    const [mainpc] = seats.startBoth();
    const { leaseMs } = seats.config("mainpc").failover;
    await until("clients are carried to it", () => mainpc.deeds.includes("Writer 7001"));
    const from = mainpc.deeds.length;
    const since = () => mainpc.deeds.slice(from);
    mainpc.listener.slept(leaseMs / 2 - 1, monoMs());
    // Long enough for a word to the router.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(since()).not.toContain("Writer held");
    mainpc.listener.slept(leaseMs / 2, monoMs());
    await until("nobody is carried to it by votes of before", () => since().includes("Writer held"));
  });

  it("shows the witness the seed that its file holds now, when it is told that it may be another one", () => {
    seats = new Seats({ services: [service("Writer", { singleWriter: true })], witness });
    const seat = seats.start("mainpc");
    seat.listener.renewSeed();
    expect(seat.deeds).toContain("witness: renewed seed");
  });

  it("passes over what it cannot read, from the hub and from the peer, and says so", () => {
    seats = new Seats({ services: [service("Reader")] });
    const seat = seats.start("mainpc");
    seat.tell({ type: "operator", request: "1", order: { kind: "destroy", service: "Reader" } });
    seat.listener.word({ v: 2 }, 0);
    expect(seat.log).toEqual(["failover.message_unreadable", "failover.word_unreadable"]);
  });

  it("refuses a future epoch and counts it: believes no epoch more than 1,000,000 above the known one, of the peer or the witness, and hears the rest of their words", async () => {
    const services = [service("Reader"), service("Writer", { singleWriter: true })];
    seats = new Seats({ services, witness });
    seats.keys.set("Writer", { epoch: 2 ** 40, writer: "pc2", turn: 1, revision: 1 });
    const [mainpc] = seats.startBoth();
    const said = { v: 1, blank: false, acts: [], asks: [], givenUp: [] };
    const table = { Reader: { epoch: 7, released: false }, Writer: { epoch: 1_000_001, released: false } };
    mainpc.listener.word({ ...said, table }, monoMs());
    await until("the epoch that may be", () => mainpc.view("Reader")?.epoch === 7);
    await until(
      "the witness was read",
      () => mainpc.log.filter((event) => event.endsWith("entries_refused")).length > 1,
    );
    expect(mainpc.view("Writer")?.epoch).toBe(0);
    expect(mainpc.toMain).toContainEqual({ type: "refused", entries: 1 });
    expect(readFileSync(fileOf("mainpc"), "utf8")).not.toContain("1000001");
    mainpc.listener.word({ ...said, table: { Reader: { epoch: 2 ** 40 + 1, released: false } } }, monoMs());
    expect(mainpc.log.at(-1)).toBe("failover.word_unreadable");
  });

  it("keeps 500 services that it does not know, whose names the peer may know already, and no more of them", async () => {
    seats = new Seats({ services: [service("Reader")] });
    const [mainpc] = seats.startBoth();
    const said = { v: 1, blank: false, acts: [], asks: [], givenUp: [] };
    const entry = { epoch: 2, released: false };
    const names = Array.from({ length: 600 }, (_, i): [string, object] => [`Later${i}`, entry]);
    const table = { ...Object.fromEntries(names), ["x".repeat(101)]: entry, Reader: entry };
    mainpc.listener.word({ ...said, table }, monoMs());
    await until(
      "it is on disk",
      () => existsSync(fileOf("mainpc")) && readFileSync(fileOf("mainpc"), "utf8").includes("Later0"),
    );
    const kept = Object.keys(JSON.parse(readFileSync(fileOf("mainpc"), "utf8")).saved.table);
    expect([kept.length, kept.includes("Reader"), kept.includes("x".repeat(101))]).toEqual([501, true, false]);
    expect(mainpc.toMain).toContainEqual({ type: "refused", entries: 101 });
  });

  it("moves nothing without a directory of its own", () => {
    seats = new Seats({ services: [service("Reader")] });
    const { stateDirectory: _, ...config } = seats.config("mainpc");
    const log: string[] = [];
    const write = (event: string) => void log.push(event);
    const voice = {
      setDigest: write,
      say: () => {},
      beat: () => {},
      tellMain: () => {},
      succeeds: false,
      log: { info: write, warn: write, error: write },
    };
    failoverSeat(() => ({}))(voice, config, new AbortController().signal).tick(0);
    expect(log).toEqual(["failover.off"]);
  });
});

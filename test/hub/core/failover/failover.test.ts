import { describe, expect, it } from "vitest";
import type { ServiceSpec } from "../../../../hub/core/failover/service.ts";
import { Pair, single, tolerant } from "./pair.ts";

const cold: ServiceSpec = { ...tolerant, name: "Cold", mode: "cold" };
const notify: ServiceSpec = { ...tolerant, name: "Told", mode: "notify" };

describe("a service that tolerates two", () => {
  it("is taken at once when its machine is dead, and goes home after 5 s of a well home", () => {
    const pair = new Pair([tolerant]).run(1_000).kill("mainpc");
    expect(pair.acts("Reader")).toEqual(["pc2"]);
    pair.run(3_000).start("mainpc").run(6_000);
    expect(pair.story).toEqual(["1000 mainpc > pc2 1: mainpc is dead", "9050 pc2 > mainpc 2: pc2 released it"]);
    expect(pair.acts("Reader")).toEqual(["mainpc"]);
  });

  it("stays while only the hub of its machine is dead, and moves when its instance dies too", () => {
    const pair = new Pair([tolerant]).run(1_000).kill("mainpc", true).run(10_000);
    expect(pair.story).toEqual([]);
    expect(pair.route("pc2", "Reader")?.to).toBe("mainpc");
    pair.turns("mainpc/Reader", "unhealthy");
    expect(pair.story).toEqual(["11000 mainpc > pc2 1: the hub and the instance on mainpc are dead"]);
  });

  it("stays although all three servers of its machine are dead, as long as the instance answers", () => {
    const pair = new Pair([tolerant]).run(1_000).kill("mainpc", true).run(1_000);
    pair.tell("pc2", { type: "health", instance: "mainpc/Reader", health: "healthy" }).run(50);
    pair.tell("pc2", { type: "verdict", hub: "dead", machine: "dead" }).run(5_000);
    expect(pair.story).toEqual([]);
    pair.turns("mainpc/Reader", "unhealthy");
    expect(pair.story).toEqual(["7050 mainpc > pc2 1: mainpc is dead"]);
  });

  it("moves from an instance that is unhealthy to one that is healthy, and stays where both are ill", () => {
    const pair = new Pair([tolerant]).run(1_000).turns("mainpc/Reader", "unhealthy");
    expect(pair.story).toEqual(["1000 mainpc > pc2 1: the instance on mainpc is unhealthy"]);
    const ill = new Pair([tolerant]).run(1_000).turns("pc2/Reader", "unhealthy").turns("mainpc/Reader", "unhealthy");
    expect(ill.run(5_000).story).toEqual([]);
  });

  it("is not taken by a machine that is cut off itself", () => {
    const pair = new Pair([tolerant]).run(1_000).tell("pc2", { type: "isolated", cutOff: true }).part("pc2").run(5_000);
    expect(pair.story).toEqual([]);
    expect(pair.view("pc2", "Reader").reason).toBe("mainpc is dead; pc2 is cut off itself");
  });

  it("acts on both sides of a partition; then the higher epoch wins, the other stops, and it goes home", () => {
    const pair = new Pair([tolerant]).run(1_000).part().run(60_000);
    expect(pair.acts("Reader")).toEqual(["mainpc", "pc2"]);
    pair.heal().run(50);
    expect(pair.acts("Reader")).toEqual(["pc2"]);
    expect(pair.digest("mainpc")).toBe(pair.digest("pc2"));
    pair.run(6_000);
    expect(pair.acts("Reader")).toEqual(["mainpc"]);
  });

  it("does not go home before the records are refilled", () => {
    const pair = new Pair([tolerant]).run(1_000).kill("mainpc").run(1_000).start("mainpc");
    pair.tell("pc2", { type: "sync", inSync: true, refilled: false }).run(20_000);
    expect(pair.acts("Reader")).toEqual(["pc2"]);
    expect(pair.view("pc2", "Reader")).toMatchObject({ state: "away", reason: "goes home once mainpc is in sync" });
    pair.tell("pc2", { type: "sync", inSync: true, refilled: true }).run(100);
    expect(pair.acts("Reader")).toEqual(["mainpc"]);
  });

  it("waits 5, 10 and 20 s before it goes home when it flaps", () => {
    const pair = new Pair([tolerant]).run(1_000);
    for (const _ of [1, 2, 3]) pair.kill("mainpc").run(1_000).start("mainpc").run(21_000);
    const homeAfterMs = pair.story.filter((line) => line.includes("> mainpc")).map((line) => Number.parseInt(line, 10));
    // Home is well again 1 s after each death, which comes each 22 s; a word takes 50 ms.
    expect(homeAfterMs.map((atMs, i) => atMs - (2_000 + i * 22_000))).toEqual([5_050, 10_050, 20_050]);
  });

  it("waits 5, 10, 20 and 40 s, too, when its home does not take what was released for it", () => {
    const pair = new Pair([tolerant]).run(5_000).kill("mainpc").run(1_000).start("mainpc");
    // Only there the instance is known to be ill.
    pair.tell("mainpc", { type: "health", instance: "mainpc/Reader", health: "unhealthy" });
    let releases = 0;
    for (let held = false, ticks = 0; ticks < 2_400; ticks++) {
      const { released = false } = pair.run(50).word("pc2").table.Reader ?? {};
      if (released && !held) releases++;
      held = released;
    }
    expect(releases).toBe(4);
    expect(pair.acts("Reader")).toEqual(["pc2"]);
  });

  it("comes back to who released it when the other machine dies before it takes", () => {
    const pair = new Pair([tolerant])
      .run(1_000)
      .mendDisk("pc2", false)
      .order("mainpc", { kind: "switchover", service: "Reader" });
    pair.run(100);
    expect(pair.acts("Reader")).toEqual([]);
    pair.kill("pc2");
    expect(pair.acts("Reader")).toEqual(["mainpc"]);
  });
});

describe("a cold service", () => {
  it("is taken without a healthy standby, which stands still until then", () => {
    const pair = new Pair([cold]).turns("pc2/Cold", "unhealthy").run(1_000).kill("mainpc");
    expect(pair.acts("Cold")).toEqual(["pc2"]);
  });

  it("has 30 s to start before it counts as ill", () => {
    const pair = new Pair([cold]).turns("pc2/Cold", "unhealthy").run(1_000);
    pair.turns("mainpc/Cold", "unhealthy").run(28_900);
    expect(pair.story).toEqual([]);
    pair.run(200);
    expect(pair.story).toEqual(["30000 mainpc > pc2 1: the instance on mainpc is unhealthy"]);
  });
});

describe("mode notify", () => {
  it("moves nothing by itself and says so, but an operator may", () => {
    const pair = new Pair([notify]).run(5_000).turns("mainpc/Told", "unhealthy").run(5_000);
    expect(pair.story).toEqual([]);
    expect(pair.alerts).toEqual([
      "5000 mainpc urgent service-held: the instance on mainpc is unhealthy; mode notify moves nothing by itself",
    ]);
    pair.order("mainpc", { kind: "switchover", service: "Told" }).run(100);
    expect(pair.acts("Told")).toEqual(["pc2"]);
  });
});

describe("a switchover", () => {
  it("may be ordered on either machine and is not undone by failback, only by the next one", () => {
    const pair = new Pair([single, tolerant]).run(1_000);
    for (const service of ["Writer", "Reader"]) pair.order("pc2", { kind: "switchover", service });
    expect(pair.run(150).acts("Writer")).toEqual(["pc2"]);
    expect(pair.acts("Reader")).toEqual(["pc2"]);
    pair.run(60_000);
    expect(pair.acts("Writer")).toEqual(["pc2"]);
    pair.order("pc2", { kind: "switchover", service: "Writer" }).run(100);
    expect(pair.acts("Writer")).toEqual(["mainpc"]);
    expect(pair.run(20_000).acts("Reader")).toEqual(["pc2"]);
  });

  it("waits for sync, and is given up after 10 s without", () => {
    const pair = new Pair([tolerant]).run(1_000).tell("mainpc", { type: "sync", inSync: false, refilled: true });
    pair.order("mainpc", { kind: "switchover", service: "Reader" }).run(5_000);
    expect(pair.acts("Reader")).toEqual(["mainpc"]);
    pair.run(5_100);
    expect(pair.alerts).toEqual([
      "11000 mainpc warning switchover-given-up: Reader stays on mainpc: pc2 is not in sync",
    ]);
    pair.tell("mainpc", { type: "sync", inSync: true, refilled: true }).run(5_000);
    expect(pair.story).toEqual([]);
  });

  it("that is given up is told once on its owner and on the machine on which it was ordered", () => {
    const pair = new Pair([tolerant]).run(1_000).tell("mainpc", { type: "sync", inSync: false, refilled: true });
    pair.order("pc2", { kind: "switchover", service: "Reader" }).run(11_000);
    expect(pair.givenUp).toEqual(["mainpc", "pc2"].map((at) => `${at}: Reader stays on mainpc: pc2 is not in sync`));
    pair.run(20_000);
    expect(pair.givenUp).toHaveLength(2);
  });

  it("is refused while the other hub is dead, with what to do instead", () => {
    const pair = new Pair([tolerant]).run(1_000).kill("pc2").order("mainpc", { kind: "switchover", service: "Reader" });
    expect(pair.answers).toEqual([
      "false: the hub of pc2 is dead; once it is off for certain: tandem take Reader --confirm-peer-dead",
    ]);
  });
});

describe("maintenance", () => {
  it("of a service or a machine keeps it where it is until it ends", () => {
    for (const subject of ["Reader", "mainpc"]) {
      const pair = new Pair([tolerant]).run(1_000);
      const maintain = (on: boolean) => {
        for (const machine of ["mainpc", "pc2"] as const) pair.order(machine, { kind: "maintenance", subject, on });
        return pair.run(100);
      };
      maintain(true);
      pair.turns("mainpc/Reader", "unhealthy").run(10_000);
      expect(pair.story).toEqual([]);
      expect(pair.view("pc2", "Reader").reason).toBe("the instance on mainpc is unhealthy; maintenance: nothing moves");
      maintain(false);
      expect(pair.acts("Reader")).toEqual(["pc2"]);
    }
  });

  it("of what nobody knows is refused", () => {
    const pair = new Pair([tolerant]).order("pc2", { kind: "maintenance", subject: "Raeder", on: true });
    expect(pair.answers).toEqual(["false: no service or machine Raeder"]);
  });
});

describe("alerts", () => {
  it("say that a single writer is held, but not while somebody works on its machine", () => {
    const held = (pair: Pair) => pair.alerts.filter((alert) => alert.includes("service-held"));
    const pair = new Pair([single]).run(10_000).kill("mainpc", true).run(20_000);
    expect(held(pair)).toHaveLength(1);
    const worked = new Pair([single]).run(10_000).order("pc2", { kind: "maintenance", subject: "mainpc", on: true });
    worked.kill("mainpc", true).run(20_000);
    expect(held(worked)).toEqual([]);
  });
});

describe("the disk", () => {
  it("comes first: who cannot write neither acts in the next epoch nor says it, and tells of it after 2 s", () => {
    const pair = new Pair([tolerant]).run(1_000).mendDisk("pc2", false).kill("mainpc").run(3_000);
    expect(pair.acts("Reader")).toEqual([]);
    expect(pair.word("pc2").table).toEqual({ Reader: { epoch: 0, released: false } });
    expect(pair.alerts).toContain(
      "3000 pc2 urgent table-unwritten: the table of owners cannot be written to disk: nothing moves to this machine or from it",
    );
  });

  const cannot = "mainpc cannot write its table of owners to disk";

  it("is tried before a switchover: on a machine that cannot write all goes on as it was", () => {
    for (const witness of [true, false])
      for (const spec of [tolerant, single]) {
        const pair = new Pair([spec], witness).run(5_000).mendDisk("mainpc", false);
        pair.order("mainpc", { kind: "switchover", service: spec.name }).run(30_000);
        expect(pair.acts(spec.name)).toEqual(["mainpc"]);
        expect(pair.givenUp).toEqual([`mainpc: ${spec.name} stays on mainpc: ${cannot}`]);
        pair.mendDisk("mainpc", true).run(1_000).order("mainpc", { kind: "switchover", service: spec.name }).run(100);
        expect(pair.acts(spec.name)).toEqual(["pc2"]);
      }
  });

  it("is tried before a service goes home, or leaves an instance that is ill", () => {
    const away = new Pair([tolerant]).run(5_000).kill("mainpc").run(1_000).mendDisk("pc2", false).start("mainpc");
    expect(away.run(30_000).acts("Reader")).toEqual(["pc2"]);
    expect(away.view("pc2", "Reader").reason).toBe("mainpc is well again; stays until pc2 has written to its disk");
    expect(away.mendDisk("pc2", true).run(2_000).acts("Reader")).toEqual(["mainpc"]);

    const ill = new Pair([single]).run(5_000).mendDisk("mainpc", false).turns("mainpc/Writer", "unhealthy");
    expect(ill.run(30_000).acts("Writer")).toEqual(["mainpc"]);
    expect(ill.mendDisk("mainpc", true).run(2_000).acts("Writer")).toEqual(["pc2"]);
  });

  it("of the other machine is known to take nothing 10 s after it was asked: nothing is given there", () => {
    for (const witness of [true, false])
      for (const spec of [tolerant, single]) {
        const pair = new Pair([spec], witness).run(5_000).mendDisk("pc2", false).run(70_000);
        pair.order("mainpc", { kind: "switchover", service: spec.name }).run(11_000);
        expect(pair.acts(spec.name)).toEqual(["mainpc"]);
        expect(pair.givenUp).toEqual([
          `mainpc: ${spec.name} stays on mainpc: pc2 cannot write its table of owners to disk`,
        ]);
      }
  });

  it("of a home that takes nothing keeps its services away, without a move, until it does", () => {
    const pair = new Pair([tolerant]).run(5_000).kill("mainpc").run(1_000).mendDisk("mainpc", false).start("mainpc");
    for (let ticks = 0; ticks < 2_400; ticks++) expect(pair.run(50).acts("Reader")).toEqual(["pc2"]);
    expect(pair.view("pc2", "Reader").reason).toBe(`mainpc is well again; ${cannot}`);
    expect(pair.mendDisk("mainpc", true).run(2_000).acts("Reader")).toEqual(["mainpc"]);
  });

  it("that breaks between the trial and the release leaves nobody, which is said, until it is mended or the hub is started anew", () => {
    const broken = () => {
      const pair = new Pair([tolerant]).run(5_000).tell("mainpc", { type: "sync", inSync: false, refilled: true });
      pair.order("mainpc", { kind: "switchover", service: "Reader" }).mendDisk("mainpc", false);
      return pair.tell("mainpc", { type: "sync", inSync: true, refilled: true }).run(5_000);
    };
    const pair = broken();
    expect(pair.acts("Reader")).toEqual([]);
    expect(pair.alerts).toContain(`7000 mainpc urgent service-held: its move is under way; ${cannot}`);
    expect(pair.mendDisk("mainpc", true).run(1_100).acts("Reader")).toEqual(["pc2"]);
    expect(broken().kill("mainpc", true).start("mainpc").run(100).acts("Reader")).toEqual(["mainpc"]);
  });

  it("that is slow for 5 s while nothing waits for it is not said to take nothing", () => {
    const pair = new Pair([tolerant]).run(59_000).mendDisk("pc2", false).run(6_000).mendDisk("pc2", true).run(2_000);
    expect([pair.alerts, pair.word("pc2").unwritten]).toEqual([[], undefined]);
  });

  it("that breaks is found soon after a minute, though nothing moves", () => {
    const pair = new Pair([tolerant]).run(5_000).mendDisk("pc2", false).run(70_000);
    expect(pair.alerts).toEqual([expect.stringContaining("pc2 urgent table-unwritten")]);
    pair.mendDisk("pc2", true).run(1_100);
    expect(pair.alerts).toEqual([expect.anything(), expect.stringContaining("pc2 resolved table-unwritten")]);
  });
});

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { types } from "../../../components/policy/declared.ts";
import { askDigests, deploymentsOf, fetchProgram, noteNumber, readArchive } from "../../../ops/deploy/archive.ts";
import type { EngineStep } from "../../../ops/deploy/changes.ts";
import type { DeployEngine } from "../../../ops/deploy/engine.ts";
import { freeLock, holderOf } from "../../../ops/deploy/lock.ts";
import type { Place } from "../../../ops/deploy/place.ts";
import { choosePlaces } from "../../../ops/deploy/places.ts";
import { type RunOptions, type RunRequest, type RunResult, runDeployment } from "../../../ops/deploy/run.ts";
import { digestOf } from "../../../ops/deploy/vouch.ts";
import { OperatorError } from "../../../ops/error.ts";
import { plainProgress } from "../../../ops/terminal/progress.ts";
import { dayMs, TlsSite } from "../../support/tls-files.ts";
import { fakeDocker } from "./fake-docker.ts";
import { FakePair, type Machine, machines } from "./fake-pair.ts";

const replaced = (machine: Machine, name: string, labels: Record<string, string> = {}): EngineStep => ({
  op: "replace",
  urn: `urn:pulumi:${machine}::tandem::x::${machine}-${name}-container`,
  type: types.container,
  diffs: ["image"],
  oldInputs: {},
  newInputs: { labels: Object.entries(labels).map(([label, value]) => ({ label, value })) },
});
const twin = replaced("mainpc", "agent-Twin", { "tandem.service": "Twin", "tandem.role": "home" });

describe("a deployment of a pair", () => {
  let folder: string;
  let pair: FakePair;
  let docker: ReturnType<typeof fakeDocker>;
  let said: string[];
  /** What the engine was told to do, the version of the program included. */
  let ups: string[];
  let changes: Partial<Record<Machine, EngineStep[]>>;
  let onUp: (machine: string, version: string) => unknown;
  const path = process.env.PATH;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tandem-run-"));
    pair = await FakePair.start();
    docker = fakeDocker(folder);
    process.env.PATH = `${docker.path}:${path}`;
    process.env.XDG_CACHE_HOME = join(folder, "cache");
    [said, ups, changes, onUp] = [[], [], { pc2: [replaced("pc2", "pushgateway")], mainpc: [twin] }, () => {}];
    docker.show(["tandem-pc2-pushgateway", "Twin"].map((name) => ({ name })));
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: tandem\nmain: index.ts\n");
    writeStacks();
  });
  /** @param hubTls whether their hubs are to speak TLS @param tls of the group `hub` */
  const writeStacks = (hubTls = false, tls: Partial<Record<Machine, object>> = {}) => {
    for (const [i, name] of machines.entries()) {
      const at = (machine: Machine) => ({
        name: machine,
        address: "127.0.0.1",
        hubPort: pair.ports[machine],
        pushgatewayPort: pair.gateways[machine],
        hubTls,
      });
      const config = {
        "tandem:machine": at(name),
        "tandem:peer": at(machines[1 - i] ?? "pc2"),
        "tandem:docker": { socket: "unix:///nowhere.sock" },
        "tandem:paths": { data: join(folder, "data", name) },
        "tandem:hub": { tls: tls[name] ?? {} },
      };
      writeFileSync(join(folder, `Pulumi.${name}.yaml`), stringify({ config }));
    }
  };
  afterEach(() => {
    process.env.PATH = path;
    delete process.env.XDG_CACHE_HOME;
    pair.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An archive that holds a version and the stacks' files. */
  const archiveOf = (version: string): Buffer => {
    const at = mkdtempSync(join(folder, "pack-"));
    writeFileSync(join(at, "version"), version);
    writeFileSync(join(at, "Pulumi.yaml"), "name: tandem\n");
    for (const name of machines) cpSync(join(folder, `Pulumi.${name}.yaml`), join(at, `Pulumi.${name}.yaml`));
    return execFileSync("tar", ["-czf", "-", "-C", at, "."]);
  };
  const engine: DeployEngine = {
    preview: async (_, stack) => changes[stack as Machine] ?? [], // our own stacks
    async up(program, stack, { refresh }) {
      const version = readFileSync(join(program.folder, "version"), "utf8");
      ups.push(`${stack} ${version}${refresh ? " refreshed" : ""}`);
      await onUp(stack, version);
    },
    async cancel(_, stack) {
      ups.push(`${stack} cancelled`);
    },
    containerIds: async () => new Set<string>(),
    kill() {},
  };
  const run = (
    version: string,
    options: Partial<RunOptions> = {},
    request: Partial<RunRequest> = {},
  ): Promise<RunResult> => {
    writeFileSync(join(folder, "version"), version);
    return runDeployment({
      options: { dir: folder, alone: false, allowOutage: false, deadlineMs: 5_000, holdMs: 100, ...options },
      what: "deploy",
      sourcesOf: async (kept) =>
        new Map(kept.map(({ place }) => [place.name, { program: { folder }, archive: archiveOf(version) }])),
      agree: async () => true,
      show() {},
      ...plainProgress((line) => said.push(line)),
      interrupted: () => new AbortController().signal,
      startEngine: async () => engine,
      ...request,
    });
  };
  const endOf = (result: RunResult) => (result.kind === "played" ? result.played.end.outcome : result.kind);
  const kept = async () => {
    const { all } = await choosePlaces(folder, undefined, false);
    expect(await Promise.all(all.map(holderOf))).toEqual([undefined, undefined]);
    const each = await Promise.all(all.map(deploymentsOf));
    return each.flat().map(({ number, machine, outcome }) => `${number} ${machine} ${outcome}`);
  };

  it("takes pc2 first, moves the service off mainpc while its container is replaced, and brings it home", async () => {
    expect(endOf(await run("one"))).toBe("done");
    expect(ups).toEqual(["pc2 one", "mainpc one"]);
    expect(pair.orders).toEqual([
      "POST /api/v1/services/Twin/switchover pc2",
      "POST /api/v1/maintenance mainpc/Twin",
      "DELETE /api/v1/maintenance mainpc/Twin",
      "POST /api/v1/services/Twin/switchover mainpc",
    ]);
    expect(await kept()).toEqual(["1 pc2 done", "1 mainpc done"]);
  }, 60_000);

  it("brings both back to what they kept when the second one's up fails, and says the last lines of what is ill", async () => {
    await run("one");
    [ups, pair.orders] = [[], []];
    onUp = (machine, version) => {
      const isBad = machine === "mainpc" && version === "two";
      docker.show([{ name: "tandem-pc2-pushgateway" }, { name: "Twin", ...(isBad ? { status: "exited" } : {}) }]);
      if (isBad) throw new OperatorError("deploy.engine", "up of mainpc: container Twin is unhealthy", "");
    };
    const result = await run("two");
    expect(endOf(result)).toBe("rolled back");
    expect(ups).toEqual(["pc2 two", "mainpc two", "mainpc one refreshed", "pc2 one refreshed"]);
    expect(result.kind === "played" && result.played.logs).toEqual([
      { machine: "mainpc", container: "Twin", state: "exited", lines: ["Twin says why"] },
    ]);
    expect(pair.twin.owner).toBe("mainpc");
    expect(await kept()).toEqual(["1 pc2 done", "2 pc2 rolled back", "1 mainpc done", "2 mainpc rolled back"]);
  }, 60_000);

  it("brings a machine back by the program that was vouched for before it was touched, whatever it keeps since", async () => {
    await run("one");
    ups = [];
    onUp = (machine, version) => {
      if (machine !== "mainpc" || version !== "two") return;
      writeFileSync(join(folder, "data", "mainpc", "deployments", "1", "program.tgz"), archiveOf("evil"));
      throw new OperatorError("deploy.engine", "up of mainpc: no such image", "");
    };
    expect(endOf(await run("two"))).toBe("rolled back");
    expect(ups).not.toContainEqual(expect.stringContaining("evil"));
    expect(ups).toContain("mainpc one refreshed");
  }, 60_000);

  it("does not bring back a machine by a program that was changed there, and says so before it is touched", async () => {
    await run("one");
    [ups, said.length] = [[], 0];
    writeFileSync(join(folder, "data", "mainpc", "deployments", "1", "program.tgz"), archiveOf("evil"));
    onUp = (machine, version) => {
      if (machine === "mainpc" && version === "two")
        throw new OperatorError("deploy.engine", "up of mainpc: no such image", "");
    };
    const why = "the program of deployment 1 that mainpc keeps is not run: this computer and pc2 noted another SHA-256";
    const contradictions: unknown[] = [];
    const asked = (answer: boolean): Partial<RunRequest> => ({
      agree: async (_tasks, _signal, contradiction) => {
        contradictions.push(contradiction?.code);
        return answer;
      },
    });
    expect(await run("two", {}, asked(false))).toEqual({ kind: "declined" });
    expect([ups, contradictions]).toEqual([[], ["deploy.no-way-back"]]);
    expect(said).toContainEqual(
      expect.stringMatching(`^mainpc cannot be brought back by itself if this goes wrong: ${why}`),
    );
    const result = await run("two", {}, asked(true));
    expect(result.kind === "played" && result.played.end).toMatchObject({
      outcome: "failed",
      stuck: [{ machine: "mainpc", during: "up", why: expect.stringContaining(why) }],
    });
    expect(ups).toEqual(["pc2 two", "mainpc two", "pc2 one refreshed"]);
    expect(await kept()).toEqual(["1 pc2 done", "2 pc2 rolled back", "1 mainpc done", "2 mainpc failed"]);
  }, 60_000);

  it("has every machine that is reached vouch for the programs that it stores, those that take no part as well", async () => {
    const { all } = await choosePlaces(folder, undefined, false);
    const [pc2 = expect.unreachable(), mainpc = expect.unreachable()] = all;
    const stored = async (place: Place, number: number) => digestOf(await fetchProgram(place, number));
    changes.pc2 = [];
    await run("one");
    const [first, second] = [await stored(pc2, 1), await stored(mainpc, 1)];
    expect([(await askDigests(mainpc, "pc2", 1)).noted, (await askDigests(pc2, "mainpc", 1)).noted]).toEqual([
      first,
      second,
    ]);
    await run("two", { machine: ["mainpc"] });
    expect(await askDigests(pc2, "mainpc", 2)).toEqual({ noted: await stored(mainpc, 2), own: undefined });
    expect((await askDigests(mainpc, "pc2", 2)).noted).toBeUndefined();
  }, 60_000);

  it("has the other machine vouch for what it finds unchanged and keeps, too", async () => {
    const { all } = await choosePlaces(folder, undefined, false);
    const [pc2 = expect.unreachable(), mainpc = expect.unreachable()] = all;
    changes = {};
    expect(await run("one", { machine: ["pc2"] })).toEqual({ kind: "unchanged", number: 1 });
    expect((await askDigests(mainpc, "pc2", 1)).noted).toBe(digestOf(await fetchProgram(pc2, 1)));
  }, 60_000);

  it("gives a machine that is deployed by itself a number above all of the other one's", async () => {
    await run("one");
    for (const version of ["two", "three"]) await run(version, { machine: ["mainpc"] });
    expect(endOf(await run("four", { machine: ["pc2"] }))).toBe("done");
    expect(await kept()).toEqual(["1 pc2 done", "4 pc2 done", "1 mainpc done", "2 mainpc done", "3 mainpc done"]);
  }, 60_000);

  it("is refused where a machine names a number that none can follow, which the other one is not told", async () => {
    const { all } = await choosePlaces(folder, undefined, false);
    const [pc2 = expect.unreachable(), mainpc = expect.unreachable()] = all;
    await noteNumber(pc2, 1_000);
    expect(endOf(await run("one"))).toBe("done");
    await noteNumber(pc2, 2_002);
    const refused = {
      code: "deploy.number",
      message: expect.stringContaining(`pc2 says that it knows of deployment 2002`),
    };
    await expect(run("two")).rejects.toMatchObject(refused);
    expect((await readArchive(mainpc)).last).toBe(1_001);
    expect(await kept()).toEqual(["1001 pc2 done", "1001 mainpc done"]);
  }, 60_000);

  it("keeps what it finds unchanged on one machine also when the other one changes, be it in vain", async () => {
    changes.pc2 = [];
    onUp = () => {
      throw new OperatorError("deploy.engine", "up of mainpc: no such image", "");
    };
    expect(endOf(await run("one"))).toBe("failed");
    expect(ups).toEqual(["mainpc one"]);
    expect(await kept()).toEqual(["1 pc2 done", "1 mainpc failed"]);
  }, 60_000);

  it("keeps the commit that a program is from, where that is another one than the folder's", async () => {
    changes.mainpc = [];
    const git = { commit: "3f2a9c01", dirty: false };
    const source = { program: { folder }, archive: archiveOf("one"), git };
    await run("one", { machine: ["pc2"] }, { sourcesOf: async () => new Map([["pc2", source]]) });
    const record = join(folder, "data", "pc2", "deployments", "1", "deployment.json");
    expect(JSON.parse(readFileSync(record, "utf8"))).toMatchObject({ ...git, outcome: "done" });
  }, 60_000);

  it("leaves a service where an operator has put it meanwhile", async () => {
    onUp = (machine) => {
      if (machine === "mainpc") pair.twin = { ...pair.twin, epoch: pair.twin.epoch + 2 };
    };
    const result = await run("one");
    expect(endOf(result)).toBe("done");
    expect(result.kind === "played" && result.played.notes).toEqual([
      "Twin was moved by somebody meanwhile and is left on pc2",
    ]);
    expect(pair.twin.owner).toBe("pc2");
  }, 60_000);

  it("finishes a machine that an earlier run has left in between first, looks at it anew, and brings its services home", async () => {
    await run("one");
    // As a run leaves it that was killed in mainpc's up.
    const record = join(folder, "data", "mainpc", "deployments", "2");
    mkdirSync(record);
    const left = {
      ...JSON.parse(readFileSync(join(record, "..", "1", "deployment.json"), "utf8")),
      number: 2,
      outcome: "under way",
    };
    const moved = [{ service: "Twin", from: "mainpc", to: "pc2", epoch: 3 }];
    writeFileSync(join(record, "deployment.json"), `${JSON.stringify({ ...left, moved, paused: ["mainpc/Twin"] })}\n`);
    pair.twin = { ...pair.twin, owner: "pc2", epoch: 3, state: "away" };
    [ups, pair.orders, pair.sync] = [[], [], "degraded"];
    changes = { pc2: [], mainpc: [] };
    onUp = () => {
      pair.sync = "in-sync";
    };
    // Nothing is changed before the word was given.
    const before = readFileSync(join(record, "deployment.json"), "utf8");
    expect(endOf(await run("two", {}, { agree: async () => false }))).toBe("declined");
    expect(readFileSync(join(record, "deployment.json"), "utf8")).toBe(before);
    expect([ups, pair.orders]).toEqual([[], []]);
    expect(endOf(await run("two"))).toBe("done");
    expect(ups).toEqual(["mainpc two refreshed"]);
    expect(pair.orders).toEqual([
      "DELETE /api/v1/maintenance mainpc/Twin",
      "POST /api/v1/services/Twin/switchover mainpc",
    ]);
    expect(await kept()).toEqual(["1 pc2 done", "1 mainpc done", "2 mainpc interrupted", "3 mainpc done"]);
  }, 60_000);

  it("has failed again when a first deployment is tried again and its agent still ends at once", async () => {
    docker.show([{ name: "tandem-pc2-pushgateway" }]);
    changes.pc2 = [];
    changes.mainpc = [{ ...twin, op: "create" }];
    onUp = () => docker.show([{ name: "tandem-pc2-pushgateway" }, { name: "Twin", status: "restarting" }]);
    expect(endOf(await run("one", { deadlineMs: 1_000 }))).toBe("failed");
    changes = {};
    // Nothing is left to do for the engine, and Twin was ill when this one began.
    for (const _ of [2, 3]) expect(endOf(await run("one", { deadlineMs: 1_000 }))).toBe("failed");
    onUp = () => docker.show([{ name: "tandem-pc2-pushgateway" }, { name: "Twin", restarts: 7 }]);
    expect(endOf(await run("one"))).toBe("done");
  }, 60_000);

  it("is refused while the pair is not in sync, with the machines as they were, and goes on alone", async () => {
    pair.sync = "degraded";
    await expect(run("one")).rejects.toMatchObject({
      code: "deploy.unsound",
      message: expect.stringContaining("pc2 is degraded: 9 uncopied"),
    });
    expect(ups).toEqual([]);
    expect(await kept()).toEqual([]);
    expect(endOf(await run("one", { machine: ["pc2"], alone: true }))).toBe("done");
    expect(ups).toEqual(["pc2 one"]);
  }, 60_000);

  it("does not roll back what is well when its record cannot be written, and writes it at the end", async () => {
    const at = join(folder, "data", "pc2", "deployments");
    onUp = (machine) => {
      if (machine === "pc2") renameSync(at, `${at}.away`);
      if (machine === "pc2") writeFileSync(at, "no folder");
      if (machine === "mainpc") rmSync(at);
      if (machine === "mainpc") renameSync(`${at}.away`, at);
    };
    expect(endOf(await run("one"))).toBe("done");
    expect(said.join("\n")).toContain("pc2: its record could not be written and is tried again at the end");
    expect(ups).toEqual(["pc2 one", "mainpc one"]);
    expect(await kept()).toEqual(["1 pc2 done", "1 mainpc done"]);
  }, 60_000);

  it("is not carried on with the second machine when its lock was taken away meanwhile", async () => {
    const { all } = await choosePlaces(folder, undefined, false);
    const free = async () => {
      for (const place of all) {
        const owner = await holderOf(place);
        if (owner !== undefined) await freeLock(place, owner);
      }
    };
    const freeing = {
      ...engine,
      up: async (...args: Parameters<DeployEngine["up"]>) => {
        await engine.up(...args);
        await free();
      },
    };
    const result = await run("one", {}, { startEngine: async () => freeing });
    expect(endOf(result)).toBe("interrupted");
    expect(result.kind === "played" && result.played.notes).toEqual([
      "mainpc was not begun: the lock of mainpc is not this run's any more (tandem unlock)",
    ]);
    expect(ups).toEqual(["pc2 one"]);
    expect(pair.orders).toEqual([]);
  }, 60_000);

  it("looks anew whether the pair is whole before its second machine, and who acts there", async () => {
    onUp = () => {
      pair.twin = {
        ...pair.twin,
        instances: { ...pair.twin.instances, pc2: { host: "x", port: 1, health: "unhealthy" } },
      };
    };
    const refused = await run("one");
    expect(refused.kind === "played" && refused.played.end).toMatchObject({
      failure: {
        machine: "mainpc",
        during: "prepare",
        why: expect.stringContaining("its instance on pc2 is unhealthy"),
      },
    });
    expect(pair.orders).toEqual([]);
  }, 60_000);

  it("is ended with no lock left when an operator says so while locks are taken", async () => {
    const startEngine = () => Promise.reject(new Error("started"));
    expect(await run("one", {}, { interrupted: () => AbortSignal.abort(), startEngine })).toEqual({ kind: "ended" });
    expect(await kept()).toEqual([]);
  }, 60_000);

  it("locks both machines of the pair though only one is deployed", async () => {
    const { all } = await choosePlaces(folder, undefined, false);
    const locked: (string | undefined)[][] = [];
    onUp = () => void Promise.all(all.map(holderOf)).then((held) => locked.push(held.map((one) => one?.what)));
    const slow = {
      ...engine,
      up: async (...args: Parameters<DeployEngine["up"]>) => {
        await engine.up(...args);
        await expect.poll(() => locked.length, { timeout: 10_000 }).toBe(1);
      },
    };
    expect(endOf(await run("one", { machine: ["pc2"] }, { startEngine: async () => slow }))).toBe("done");
    expect(locked).toEqual([["deploy", "deploy"]]);
    await kept();
  }, 60_000);

  it("is refused when a service would be down, unless that is allowed", async () => {
    pair.twin = {
      ...pair.twin,
      instances: { ...pair.twin.instances, pc2: { host: "x", port: 1, health: "unhealthy" } },
    };
    await expect(run("one")).rejects.toMatchObject({
      code: "deploy.outage",
      next: expect.stringContaining("--allow-outage"),
    });
    expect(endOf(await run("one", { allowOutage: true }))).toBe("done");
    expect(pair.orders.filter((order) => order.includes("switchover"))).toEqual([]);
  }, 60_000);

  /** Certificates of both by a CA of their own, as the stacks say it and as hubs read it. @param endedDays since when they have ended */
  const certified = (endedDays?: number) => {
    const validity =
      endedDays === undefined ? {} : { now: new Date(Date.now() - (endedDays + 9) * dayMs), validDays: 9 };
    const site = new TlsSite();
    onTestFinished(() => site.remove());
    const of = (machine: Machine) => {
      const issued = site.issue(machine, validity);
      const said = { certificate: issued.certificate, ca: site.authority.certificate };
      return { said, config: { ...site.write(machine, issued), plain: "none" as const } };
    };
    const [mainpc, pc2] = [of("mainpc"), of("pc2")];
    return {
      said: { mainpc: mainpc.said, pc2: pc2.said },
      config: { mainpc: mainpc.config, pc2: pc2.config },
    };
  };

  it("goes over to TLS in one deployment and back in the next, while who asks a hub without TLS is answered 426", async () => {
    expect(endOf(await run("one"))).toBe("done");
    const { said: tls, config } = certified();
    writeStacks(true, tls);
    onUp = (machine) => pair.speak(machine as Machine, config[machine as Machine]); // our own stacks
    expect(endOf(await run("two")), said.join("\n")).toBe("done");
    writeStacks(false, tls);
    onUp = (machine) => pair.speak(machine as Machine, undefined);
    ups = [];
    expect(endOf(await run("three")), said.join("\n")).toBe("done");
    expect(ups).toEqual(["pc2 three", "mainpc three"]);
    expect(pair.orders.filter((order) => order.includes("switchover"))).toHaveLength(6);
  }, 180_000);

  it("brings both back to a deployment whose hubs speak no TLS, and looks at each as that one says it", async () => {
    await run("one");
    const { said: tls, config } = certified();
    writeStacks(true, tls);
    onUp = async (machine, version) => {
      await pair.speak(machine as Machine, version === "two" ? config[machine as Machine] : undefined);
      if (machine === "mainpc" && version === "two") throw new OperatorError("deploy.engine", "up of mainpc: no", "");
    };
    const result = await run("two", { deadlineMs: 2_000 });
    expect(result.kind === "played" && result.played.end).toMatchObject({ outcome: "rolled back" });
    expect(await kept()).toEqual(["1 pc2 done", "2 pc2 rolled back", "1 mainpc done", "2 mainpc rolled back"]);
  }, 180_000);

  it("has failed when a hub that was to speak TLS answers without", async () => {
    await run("one");
    writeStacks(true, certified().said);
    const result = await run("two", { deadlineMs: 1_000 });
    expect(result.kind === "played" && result.played.end).toMatchObject({
      outcome: "rolled back",
      failure: { machine: "pc2", during: "verify", why: "the hub is not ready: it answers without TLS" },
    });
  }, 180_000);

  it("is refused with the reason once the certificates of the hubs have ended", async () => {
    const { said: tls, config } = certified(1);
    writeStacks(true, tls);
    for (const machine of machines) await pair.speak(machine, config[machine]);
    await expect(run("one")).rejects.toMatchObject({
      code: "deploy.unsound",
      message: expect.stringContaining("the hub of pc2 does not answer: certificate has expired"),
    });
  }, 60_000);

  it("does nothing without a word, and keeps what it finds unchanged as something to go back to", async () => {
    expect(endOf(await run("one", {}, { agree: async () => false }))).toBe("declined");
    expect(await kept()).toEqual([]);
    changes = {};
    expect(await run("one")).toEqual({ kind: "unchanged", number: 1 });
    expect(await run("one")).toEqual({ kind: "unchanged", number: undefined });
    expect(await kept()).toEqual(["1 pc2 done", "1 mainpc done"]);
    expect(ups).toEqual([]);
  }, 60_000);
});

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  describeOwner,
  findLock,
  freeLock,
  freeLockFile,
  holderOf,
  isDead,
  type Owner,
  ownerHere,
  takeLocks,
} from "../../../ops/deploy/lock.ts";
import { takeScript } from "../../../ops/deploy/lock-script.ts";
import { onMachine } from "../../../ops/deploy/place.ts";
import { fault } from "../../support/fault.ts";
import { localPlaces } from "./local-place.ts";

const owner = (change: Partial<Owner> = {}): Owner => ({
  id: "a-1",
  user: userInfo().username,
  host: "elsewhere",
  pid: 4711,
  since: "2026-01-01T00:00:00.000Z",
  what: "deploy",
  ...change,
});

describe("the lock of a deployment", () => {
  let site: ReturnType<typeof localPlaces>;
  beforeEach(() => {
    site = localPlaces("pc2", "mainpc");
  });
  afterEach(() => site.remove());

  const holders = () => Promise.all(site.places.map(async (place) => (await holderOf(place))?.what));
  const plant = async (at: number, who: Owner) => {
    const place = site.places[at];
    if (place === undefined) throw new RangeError(`no place ${at}`);
    const said = await onMachine(place, takeScript(place.stack.site.paths.data), { stdin: JSON.stringify(who) });
    expect(said).toBe("taken\n");
  };

  it("is taken on all machines, names its owner, and is free again afterwards", async () => {
    expect(await holders()).toEqual([undefined, undefined]);
    const held = await takeLocks(site.places, "deploy");
    expect(await holders()).toEqual(["deploy", "deploy"]);
    expect(held.owner).toMatchObject({ host: hostname(), pid: process.pid });
    await held.release();
    expect(await holders()).toEqual([undefined, undefined]);
    await (await takeLocks(site.places, "again")).release();
  });

  it("tells a second one who holds it since when and what to do, and leaves it nothing in hand", async () => {
    await plant(0, owner());
    const refused = await takeLocks(site.places, "rollback").catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "deploy.locked",
      message: expect.stringMatching(
        /^pc2 is locked by \w+@elsewhere, deploy, since 2026-01-01T00:00:00\.000Z \(\d+ h\), process 4711$/,
      ),
      next: expect.stringContaining("tandem unlock"),
    });
    expect(await holders()).toEqual(["deploy", undefined]);
  });

  it("of a process of one's own that runs no more is taken over, and the dead one is named", async () => {
    const dead = owner({ host: hostname(), pid: 2 ** 22 + 1 });
    await plant(1, dead);
    const held = await takeLocks(site.places, "deploy");
    expect(held.dead).toEqual([dead]);
    await held.release();
    expect(await holders()).toEqual([undefined, undefined]);
  });

  it("of 8 that begin at once is given to one", async ({ task }) => {
    const tried = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => takeLocks(site.places, `run ${i}`)));
    const got = tried.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    expect(got).toHaveLength(1);
    for (const one of tried) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "deploy.locked" });
    expect(await holders()).toEqual([got[0]?.owner.what, got[0]?.owner.what]);
    fault(task, "two-deployments", { given: got.length, refused: tried.length - got.length });
  });

  it("of 8 that find the same dead owner is given to one", async () => {
    await plant(0, owner({ host: hostname(), pid: 2 ** 22 + 1 }));
    const tried = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => takeLocks(site.places, `run ${i}`)));
    expect(tried.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is taken away by unlock from the owner that was shown, and from no other", async () => {
    await plant(0, owner({ id: "b-2" }));
    const [pc2] = site.places;
    if (pc2 === undefined) throw new RangeError("no place");
    expect(await freeLock(pc2, owner({ id: "a-1" }))).toBe(false);
    expect(await freeLock(pc2, owner({ id: "b-2" }))).toBe(true);
    expect(await holders()).toEqual([undefined, undefined]);
    expect(readdirSync(join(site.folder, "pc2", "deploy.lock"))).toEqual([]);
  });

  it("is not taken by one whose words do not arrive, as of an ssh that died first", async () => {
    const [pc2] = site.places;
    if (pc2 === undefined) throw new RangeError("no place");
    await expect(onMachine(pc2, takeScript(pc2.stack.site.paths.data), { stdin: "" })).rejects.toThrow(
      "the lock's owner did not come",
    );
    expect(await holders()).toEqual([undefined, undefined]);
  });

  it("that nobody can read is taken away by its file's name, and not when another one holds it since", async () => {
    const [, mainpc] = site.places;
    if (mainpc === undefined) throw new RangeError("no place");
    mkdirSync(join(site.folder, "mainpc", "deploy.lock"), { recursive: true });
    writeFileSync(join(site.folder, "mainpc", "deploy.lock", "3"), "");
    const found = await findLock(mainpc);
    expect(found).toEqual({ file: "3", owner: undefined });
    expect(await freeLockFile(mainpc, { file: "2", owner: undefined })).toBe(false);
    expect(found && (await freeLockFile(mainpc, found))).toBe(true);
    expect(await holders()).toEqual([undefined, undefined]);
  });

  it("that holds something else is not taken for a free one", async () => {
    mkdirSync(join(site.folder, "mainpc", "deploy.lock"), { recursive: true });
    writeFileSync(join(site.folder, "mainpc", "deploy.lock", "1"), "by hand\n");
    await expect(takeLocks(site.places, "deploy")).rejects.toMatchObject({ code: "deploy.lock-unread" });
    expect(await holders().catch(() => "unread")).toBe("unread");
  });
});

describe("an owner of a lock", () => {
  const here = { host: hostname(), user: userInfo().username };
  it("is dead when it is of this computer and user and no process could be it", () => {
    const node = () => [{ pid: 4711, command: "node ops/tandem.ts deploy" }];
    expect(isDead(owner(here), () => [])).toBe(true);
    expect(isDead(owner(here), node)).toBe(false);
    expect(isDead(owner(here), () => [{ pid: 4711, command: "vim" }])).toBe(true);
    expect(isDead(owner({ ...here, host: "elsewhere" }), () => [])).toBe(false);
    expect(isDead(owner({ ...here, user: "somebody" }), () => [])).toBe(false);
  });

  it("is not judged by the numbers of another kernel, or of another container on it", () => {
    const now = ownerHere("deploy");
    expect(isDead(now, () => [])).toBe(true);
    expect(isDead({ ...now, boot: "00000000-0000-4000-8000-000000000000" }, () => [])).toBe(false);
    expect(isDead({ ...now, pidNamespace: "pid:[1]" }, () => [])).toBe(false);
  });

  it("is told in one line that moves no terminal, whatever its file says", () => {
    const said = describeOwner(owner({ what: "deploy\n\u001b[2Jall is well", user: "ops\r" }), 0);
    expect(said).toMatch(/^ops @elsewhere, deploy \[2Jall is well, since /);
  });

  it("is told with its age", () => {
    const at = (ms: number) => describeOwner(owner(), Date.parse("2026-01-01T00:00:00.000Z") + ms);
    expect(at(59_000)).toContain("(less than a minute)");
    expect(at(4 * 60_000)).toContain("(4 min)");
    expect(at(5 * 3_600_000)).toContain("(5 h)");
  });
});

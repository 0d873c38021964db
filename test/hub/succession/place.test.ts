import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { Place, type PlaceOptions } from "../../../hub/succession/place.ts";
import { until } from "../../support/until.ts";

const at = { host: "127.0.0.1", port: 9_000 };

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "tandem-place-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function place(directory: string, program: string, options: Partial<PlaceOptions> = {}) {
  const told: string[] = [];
  const made = new Place({
    directory,
    program,
    madeAtMs: 1_000,
    log: createLog("test", () => {}),
    acts: () => true,
    yield: async ({ port }) => void told.push(`yields to ${port}`),
    resume: () => void told.push("resumes"),
    broken: (error) => void told.push(`broken: ${error}`),
    ...options,
  });
  onTestFinished(() => made.close());
  return { place: made, told };
}

it("is one process's at a time, and free again when that closes it", async () => {
  const directory = scratch();
  const [one, two] = [place(directory, "one").place, place(directory, "two").place];
  expect(await one.take()).toBe(true);
  expect(await two.take()).toBe(false);
  expect(statSync(join(directory, "place.sock")).mode & 0o777).toBe(0o600);
  one.close();
  expect(await two.take()).toBe(true);
});

it("is handed on once its holder has yielded, and taken back when the successor ends, whose program may not follow again", async () => {
  const directory = scratch();
  const one = place(directory, "one");
  const two = place(directory, "two");
  await one.place.take();
  expect(await two.place.mayI()).toEqual({ kind: "ok" });
  expect(one.told).toEqual([]);
  expect(await two.place.succeed(at)).toEqual({ kind: "ok" });
  expect(one.told).toEqual(["yields to 9000"]);
  expect(await one.place.take()).toBe(false);
  two.place.close(true);
  await until("that it resumes", () => one.told.includes("resumes"));
  const again = place(directory, "two").place;
  expect(await again.mayI()).toMatchObject({ kind: "no", reason: expect.stringContaining("had taken over and ended") });
  expect(await place(directory, "three").place.mayI()).toEqual({ kind: "ok" });
});

it.skipIf(process.platform !== "linux")(
  "is handed on also where its directory's path is longer than that of a socket may be",
  async () => {
    const directory = join(scratch(), "d".repeat(120));
    const [one, two] = [place(directory, "one"), place(directory, "two").place];
    expect(await one.place.take()).toBe(true);
    expect(await two.mayI()).toEqual({ kind: "ok" });
    expect(await two.succeed(at)).toEqual({ kind: "ok" });
    expect(one.told).toEqual(["yields to 9000"]);
    expect(statSync(join(directory, "place.sock")).mode & 0o777).toBe(0o600);
    two.close();
    expect(existsSync(join(directory, "place.sock"))).toBe(false);
  },
);

it("is taken back from a successor that was told to end, whose program may follow again", async () => {
  const directory = scratch();
  const one = place(directory, "one");
  const two = place(directory, "two").place;
  await one.place.take();
  await two.mayI();
  await two.succeed(at);
  two.close();
  await until("that it resumes", () => one.told.includes("resumes"));
  expect(await place(directory, "two").place.mayI()).toEqual({ kind: "ok" });
});

it("is not given to one that was made earlier, nor by one that does not act yet, nor to two at once", async () => {
  const directory = scratch();
  let acts = false;
  const one = place(directory, "one", { acts: () => acts });
  await one.place.take();
  expect(await place(directory, "two").place.mayI()).toMatchObject({
    kind: "no",
    reason: expect.stringContaining("not act yet"),
  });
  acts = true;
  const older = place(directory, "older", { madeAtMs: 999 }).place;
  expect(await older.mayI()).toMatchObject({ kind: "no", reason: expect.stringContaining("made before") });
  const three = place(directory, "three").place;
  expect(await three.mayI()).toEqual({ kind: "ok" });
  const four = place(directory, "four").place;
  expect(await four.mayI()).toMatchObject({ kind: "no", reason: expect.stringContaining("about to take over") });
  three.letGo();
  await until("that another one may", async () => (await four.mayI()).kind === "ok");
});

it("is there to be taken when its holder ends in the middle of it all", async () => {
  const directory = scratch();
  const one = place(directory, "one", { yield: () => new Promise(() => {}) });
  await one.place.take();
  const two = place(directory, "two").place;
  expect(await two.mayI()).toEqual({ kind: "ok" });
  const outcome = two.succeed(at);
  one.place.close();
  expect(await outcome).toEqual({ kind: "ok" });
});

it("ends a holder that cannot yield", async () => {
  const directory = scratch();
  const one = place(directory, "one", { yield: () => Promise.reject(new Error("no disk")) });
  await one.place.take();
  const two = place(directory, "two").place;
  await two.mayI();
  void two.succeed(at);
  await until("that it is broken", () => one.told.join() === "broken: Error: no disk");
});

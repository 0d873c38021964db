import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigFile } from "../../components/config-file.ts";
import { findFiles } from "../../components/drift.ts";
import { listingScript } from "../../components/drift-script.ts";
import type { Reach } from "../../components/reach.ts";
import { named, recordResources, settled } from "./recorder.ts";

const reach: Reach = { kind: "local", socket: "unix:///var/run/docker.sock" };
let folder: string;
let root: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-drift-"));
  root = join(folder, "it's etc");
  path = join(root, "nats", "nats.conf");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a file on a machine", () => {
  it("that is as it was put there is no change", async () => {
    await put("port: 4222\n");
    const found = await look();
    expect(found.changed()).toEqual([]);
    expect(found.changeOf(path)).toBeUndefined();
  });

  it("that was changed by hand is named, and a second change of it is another one", async () => {
    await put("port: 4222\n");
    appendFileSync(path, "# by hand\n");
    utimesSync(path, 1_767_225_600, 1_767_225_600);
    const first = await look();
    expect(first.changed()).toEqual([{ path, kind: "differs" }]);
    expect(first.changeOf(path)).toMatch(/^changed by hand at 2026-01-01T00:00:00\.000Z to sha256 [0-9a-f]{64}$/);
    utimesSync(path, 1_767_225_660, 1_767_225_660);
    expect((await look()).changeOf(path)).not.toBe(first.changeOf(path));
  });

  it("that was deleted is named, and put back is no change any more", async () => {
    await put("port: 4222\n");
    rmSync(path);
    const found = await look();
    expect(found.changed()).toEqual([{ path, kind: "missing" }]);
    expect(found.changeOf(path)).toMatch(/^absent, .*\/nats last changed at \d{4}-/);
    await put("port: 4222\n");
    expect((await look()).changeOf(path)).toBeUndefined();
  });

  it("whose directory was wiped with all records is absent, each time anew", async () => {
    await put("port: 4222\n");
    const wiped = async (seconds: number) => {
      rmSync(root, { recursive: true, force: true });
      utimesSync(folder, seconds, seconds);
      return (await look()).changeOf(path);
    };
    const first = await wiped(1_767_225_600);
    expect(first).toBe(`absent, ${folder} last changed at 2026-01-01T00:00:00.000Z`);
    expect(await wiped(1_767_225_660)).not.toBe(first);
  });

  it("outside the directories that were looked at is left alone", async () => {
    expect((await look()).changeOf("/etc/other/file")).toBeUndefined();
  });
});

describe("a record that nobody who deploys has put there", () => {
  const hash = "0".repeat(64);
  const listed = () => spawnSync("sh", ["-c", listingScript([root])], { encoding: "utf8" }).stdout.split("\n");
  const files = () => listed().filter((line) => !line.startsWith("directory "));
  const record = (text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(join(dirname(path), ".nats.conf.deployed"), text);
  };

  it("says nothing by further lines or other words, and its file is read neither by a link", () => {
    for (const text of [`${hash}\nno-engine gone\n`, "no-engine gone\n", `${hash}x\n`, ""]) {
      record(text);
      expect(files().join("\n"), text).not.toContain("no-engine");
    }
    record(`${hash}\n`);
    symlinkSync("/dev/zero", path);
    expect(files().filter((line) => line !== "")).toEqual([`file ${hash} absent 0 ${path}`]);
  });

  it.runIf(process.getuid?.() === 0)("is passed over where it belongs to another user, as a container's", () => {
    record(`${hash}\n`);
    chownSync(join(dirname(path), ".nats.conf.deployed"), 20_000, 20_000);
    expect(files().filter((line) => line !== "")).toEqual([]);
  });
});

describe("what the engine is told", () => {
  it("of a file that is as it was: keep the trigger, whatever it is", async () => {
    await put("port: 4222\n");
    const { inputs, options } = await declared({ ...reach, found: await look() });
    expect(inputs.triggers).toBeUndefined();
    expect(options).toContain("triggers");
  });

  it("of a file that was changed: a trigger that says when and to what", async () => {
    await put("port: 4222\n");
    appendFileSync(path, "# by hand\n");
    const { inputs, options } = await declared({ ...reach, found: await look() });
    expect(inputs.triggers).toEqual([expect.stringMatching(/^changed by hand at /)]);
    expect(options).toEqual([]);
  });
});

it("a machine that does not answer is an error with ssh's own words, and no word of the script", async () => {
  const away: Reach = { kind: "ssh", host: "127.0.0.1", port: 1, user: "ops", hostKey: "ssh-ed25519 AAAA" };
  const error = await findFiles(away, [root]).catch((reason: unknown) => reason);
  expect(String(error)).toContain("port 1: Connection refused");
  expect(String(error)).not.toContain("sha256sum");
});

function look() {
  return findFiles(reach, [root]);
}

async function put(text: string): Promise<void> {
  const { create, stdin } = (await declared(reach, text)).inputs;
  const { status, stderr } = spawnSync("sh", ["-c", String(create)], { input: String(stdin), encoding: "utf8" });
  expect(status, stderr).toBe(0);
}

async function declared(to: Reach, content = "port: 4222\n") {
  const recorded = await recordResources("mainpc");
  let options: string[] = [];
  const file = new ConfigFile(
    "conf",
    { reach: to, path, content },
    {
      transformations: [
        ({ name, opts }) => {
          if (name === "conf-write") options = Object(opts).ignoreChanges ?? [];
          return undefined;
        },
      ],
    },
  );
  await settled(file);
  return { inputs: named(recorded, "conf-write").inputs, options };
}

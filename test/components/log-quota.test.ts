import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LogCareArgs, renderLogCare } from "../../components/log-quota.ts";
import { parseExposition } from "../../hub/core/exposition/parse.ts";

/** Port 9 takes nothing. */
const nobody = "http://127.0.0.1:9";
let folder: string;
let logs: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-log-quota-"));
  logs = join(folder, "fleet's logs");
  mkdirSync(logs);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("the care for logs, with a quota of 1 MiB", () => {
  it("below 80 % measures, says so in one line, and deletes nothing", async () => {
    put("a.log", 100);
    put("a.log.1", 100);
    const { code, said } = await run();
    expect(code).toBe(0);
    expect(said.at(-1)).toMatch(/^logs hold 2\d\d KiB of 1024 KiB, \d\d %$/);
    expect(said.join()).not.toMatch(/% of their quota/);
    expect(readdirSync(logs)).toEqual(["a.log", "a.log.1"]);
  });

  it("at 88 % warns", async () => {
    put("a.log", 900);
    const { said } = await run();
    expect(said[0]).toMatch(/^the hub took no measurements at|^logs hold 8\d % of their quota of 1 MiB$/);
    expect(said.join()).toContain("% of their quota of 1 MiB");
  });

  it("at 156 % deletes the 2 oldest rotated files and leaves the third and the live ones", async () => {
    put("a.log", 300, 9);
    put("b.log-20260101.gz", 300, 8);
    put("deep/c.log.2", 300, 7);
    put("a.log.1", 300, 1);
    put("notes.txt", 400, 10);
    const { code, said } = await run();
    expect(code).toBe(0);
    expect(said.join("\n")).toContain("deleted the 2 oldest rotated files");
    expect(readdirSync(logs, { recursive: true }).toSorted()).toEqual(["a.log", "a.log.1", "deep", "notes.txt"]);
    expect(measurements()).toContain("log_directory_deleted_files 2\n");
  });

  it("above it by live files alone deletes none of them and says that nothing is left", async () => {
    put("a.log", 1_200);
    const { said } = await run();
    expect(said.join("\n")).toContain("of their quota of 1 MiB, and no rotated file is left to delete");
    expect(existsSync(join(logs, "a.log"))).toBe(true);
  });

  it("deletes nothing that a name with a line end in it points at", async () => {
    const bait = join(folder, "bait.log.1");
    writeFileSync(bait, "precious");
    put(`x\n0 0 ${bait}`, 1_200);
    await run();
    expect(existsSync(bait)).toBe(true);
  });

  it("deletes nothing of others where a link has taken a directory's place since the files were listed", async () => {
    put("a/x.log.1", 1_200);
    const others = join(folder, "others");
    mkdirSync(others);
    writeFileSync(join(others, "x.log.1"), "precious");
    // The list is whole when it is sorted.
    const a = join(logs, "a");
    const swap = `all=$(cat); mv "${a}" "${a}.away"; ln -s "${others}" "${a}"; PATH='${process.env.PATH}'`;
    program("sort", `${swap}; printf '%s\\n' "$all" | sort "$@"`);
    const { said } = await run();
    expect(said.join("\n")).toContain("no rotated file is left to delete");
    expect(existsSync(join(others, "x.log.1"))).toBe(true);
    expect(existsSync(join(logs, "a.away", "x.log.1"))).toBe(true);
  });

  it("deletes in a directory that is reached through a link", async () => {
    put("a.log.1", 1_200);
    const way = join(folder, "way");
    symlinkSync(folder, way);
    await run({ directories: [join(way, basename(logs))] });
    expect(readdirSync(logs)).toEqual([]);
  });

  it("sends the hub by PUT what it parses as 3 families", async () => {
    put("a.log", 100);
    const requests: { method?: string; url?: string; body: string }[] = [];
    const server = createServer(async (request, response) => {
      requests.push({ method: request.method, url: request.url, body: await text(request) });
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = Object(server.address());
    await run({ hubUrl: `http://127.0.0.1:${port}` });
    server.close();
    const [request] = requests;
    expect(request).toMatchObject({ method: "PUT", url: "/metrics/job/log-quota/machine/mainpc" });
    expect(request?.body).toBe(measurements());
    expect(request?.body).toContain("log_directory_quota_bytes 1048576\n");
    expect(families(request?.body ?? "")).toEqual([
      "log_directory_bytes",
      "log_directory_deleted_files",
      "log_directory_quota_bytes",
    ]);
  });

  it("shows a hub that asks for one the token of its file, in the argument of no program", async () => {
    const token = "t-0123456789-of-the-care-for-logs";
    const headerFile = put("header's", 0);
    writeFileSync(headerFile, `Authorization: Bearer ${token}\n`, { mode: 0o400 });
    const shown: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      const { authorization } = request.headers;
      shown.push(authorization);
      response.writeHead(authorization === `Bearer ${token}` ? 200 : 401).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const hubUrl = `http://127.0.0.1:${Object(server.address()).port}`;
    for (const name of ["curl", "wget"])
      program(name, `printf '%s\\n' "$@" >>"${folder}/arguments"; PATH='${process.env.PATH}'; exec ${name} "$@"`);
    const withToken = await run({ hubUrl, headerFile });
    const without = await run({ hubUrl, headerFile: "/nowhere/header" });
    server.close();
    expect(shown[0]).toBe(`Bearer ${token}`);
    expect(withToken.said.join()).not.toContain("the hub took no measurements");
    expect(without.said.join()).toContain("the hub took no measurements");
    const all = readFileSync(join(folder, "arguments"), "utf8");
    expect(all).toContain(`@${headerFile}\n`);
    expect(all).not.toContain(token);
  });

  it("without curl says that the token cannot be shown, and posts by nothing else", async () => {
    for (const name of ["du", "cut", "mv"]) program(name, `PATH='${process.env.PATH}'; exec ${name} "$@"`);
    program("sh", 'exec /bin/sh "$@"');
    program("wget", `: >"${folder}/posted"`);
    const { code, said } = await run({ headerFile: "/nowhere/header" }, join(folder, "bin"));
    expect(code).toBe(0);
    expect(said.join("\n")).toContain("the hub is told no measurements: without curl its token cannot be shown");
    expect(existsSync(join(folder, "posted"))).toBe(false);
  });

  it("a directory that is not there counts 0 and is named", async () => {
    const { code, said } = await run({ directories: [join(folder, "nowhere")] });
    expect(code).toBe(0);
    expect(said.join("\n")).toContain("nowhere is not there, so nothing in it is measured");
    expect(measurements()).toMatch(/^log_directory_bytes\{directory=".*nowhere"\} 0$/m);
  });

  it("exits with 1 after the measuring when logrotate fails", async () => {
    const { code, said } = await run({ confPath: join(folder, "nowhere.conf") });
    expect(code).toBe(1);
    expect(said[0]).toContain("logrotate failed: ");
    expect(measurements()).toContain("log_directory_quota_bytes");
  });
});

/** Makes a log of so many KiB that was last written so many days ago, and gives its path. */
function put(name: string, kib: number, daysAgo = 0): string {
  const path = join(logs, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "x".repeat(kib * 1024));
  const at = Date.UTC(2026, 0, 20 - daysAgo) / 1000;
  utimesSync(path, at, at);
  return path;
}

/** Stands in for the program of that name. */
function program(name: string, body: string): void {
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

function measurements(): string {
  return readFileSync(join(folder, "log-quota.prom"), "utf8");
}

/** @param path where it finds programs */
async function run(args: Partial<LogCareArgs> = {}, path = `${join(folder, "bin")}:${process.env.PATH}`) {
  const script = renderLogCare({
    machine: "mainpc",
    directories: [logs],
    quotaMb: 1,
    confPath: undefined,
    stateDirectory: folder,
    hubUrl: nobody,
    ...args,
  });
  const env = { ...process.env, PATH: path };
  const child = spawn("sh", ["-c", script], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { code, said: said.trim().split("\n") };
}

function families(exposition: string): string[] {
  const parsed = parseExposition(exposition);
  return parsed.ok ? parsed.families.map(({ name }) => name).toSorted() : [];
}

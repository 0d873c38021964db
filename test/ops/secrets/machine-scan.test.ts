import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { readScan, redacted, scanInput, scanScript } from "../../../ops/secrets/machine-scan.ts";
import { patternsOf } from "../../../ops/secrets/patterns.ts";
import { runShell } from "../../../ops/site/shell.ts";
import { until } from "../../support/until.ts";

// Made anew for each run: what an earlier one left in a log must not be found.
const value = `correct-horse-${process.pid}-${Date.now()}`;
const input = scanInput(patternsOf({ name: "pc2 token", value }));

async function scan(configDirectory: string, logs: string[] = []) {
  // With an engine that has no containers: the lab tries that part.
  const script = `PATH=/usr/bin:/bin\ndocker() { :; }\n${scanScript(configDirectory, logs)}`;
  const { code, stdout, stderr } = await runShell(["sh", "-c", script], { stdin: input, holdInput: true });
  return { status: code, stdout, stderr, ...readScan(stdout) };
}

describe.skipIf(process.platform !== "linux")("the search of a machine", () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), "tandem-scan-"));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  };

  it("names the processes that hold the secret in their arguments or environment, and never the value", async () => {
    const argument = spawn("sleep", ["60"], { argv0: value });
    const environment = spawn("sleep", ["60"], { env: { HIDDEN: value, API_TOKEN: "somebody else's" } });
    onTestFinished(async () => {
      for (const child of [argument, environment]) {
        child.kill();
        await once(child, "exit");
      }
    });
    await until("both", () => argument.pid !== undefined && environment.pid !== undefined);
    const { findings, foreign, stdout } = await scan(folder());
    expect(findings).toContainEqual({ secret: "pc2 token", place: "process", where: `sleep (pid ${argument.pid})` });
    expect(findings).toContainEqual({
      secret: "pc2 token",
      place: "environment",
      where: `sleep (pid ${environment.pid})`,
    });
    expect(foreign).toContainEqual({
      name: "API_TOKEN",
      place: "environment",
      where: `sleep (pid ${environment.pid})`,
    });
    expect(stdout).not.toContain(value);
  });

  it("names a log, a packed log and a file of the configuration, but not where secrets belong", async () => {
    const [config, logs] = [folder(), folder()];
    mkdirSync(join(config, "secrets"));
    writeFileSync(join(config, "secrets", "token"), value);
    writeFileSync(join(config, "notes.txt"), `token: ${value}\n`);
    writeFileSync(join(logs, "agent.log"), `login with ${value}\n`);
    writeFileSync(join(logs, "agent.log.1.gz"), gzipSync(`login with ${value}\n`));
    const { findings, status, stderr } = await scan(config, [logs]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(findings.filter(({ place }) => place === "log" || place === "file")).toEqual([
      { secret: "pc2 token", place: "log", where: join(logs, "agent.log") },
      { secret: "pc2 token", place: "log", where: join(logs, "agent.log.1.gz") },
      { secret: "pc2 token", place: "file", where: join(config, "notes.txt") },
    ]);
    expect(JSON.stringify(findings)).not.toContain(value);
  });

  it("takes the secret out of the name of a place that is called by it", () => {
    const line = `finding\tpc2 token\tlog\t/logs/${value}.log`;
    const patterns = patternsOf({ name: "pc2 token", value });
    expect(readScan(redacted(line, patterns)).findings[0]?.where).toBe("/logs/….log");
  });

  describe("with an engine of one container and its image", () => {
    /** As the engine answers, with what goes wrong by the first words of a command; whatever does not is well. */
    async function scanned(faults: Record<string, string> = {}, prelude = "") {
      const bin = folder();
      const layers = folder();
      mkdirSync(join(layers, "a"));
      writeFileSync(join(layers, "a", "layer.tar"), value);
      writeFileSync(join(layers, "manifest.json"), '[{"Config":"c0ffee.json","Layers":["a/layer.tar"]}]');
      const wrong = Object.entries(faults).map(([words, line]) => `'${words}'*) ${line} ;;`);
      const docker = `#!/bin/sh
case "$*" in
${wrong.join("\n")}
"ps -aq"*) echo 0123456789ab ;;
"images -q"*) echo sha256:c0ffee ;;
"inspect --format {{.Name}}"*) echo /tandem-hub ;;
"inspect --format {{.Image}}"*) echo sha256:c0ffee ;;
"inspect --format {{.HostConfig"*) echo json-file ;;
"image inspect --format"*) echo tandem-hub:1 ;;
"save"*) tar -c -C '${layers}' . ;;
esac
`;
      writeFileSync(join(bin, "docker"), docker, { mode: 0o755 });
      const journal = faults.journalctl ?? ":";
      writeFileSync(join(bin, "journalctl"), `#!/bin/sh\n${journal}\n`, { mode: 0o755 });
      const script = `PATH=${bin}:/usr/bin:/bin\n${prelude}\n${scanScript(folder(), [])}`;
      const { code, stdout, stderr } = await runShell(["sh", "-c", script], { stdin: input, holdInput: true });
      return { status: code, stdout, stderr, ...readScan(stdout) };
    }

    it("names the image whose layer holds the secret", async () => {
      const { status, stderr, findings } = await scanned();
      expect([status, stderr]).toEqual([0, ""]);
      expect(findings).toContainEqual({ secret: "pc2 token", place: "image", where: "tandem-hub:1, a layer" });
    });

    it.each([
      ["layers that docker save does not give", { save: "echo 'no space left' >&2; exit 1" }, "no space left"],
      ["a save that ends in the middle", { save: `tar -c -C / etc/hostname; exit 1` }, "docker save fails"],
      [
        "a container that inspect does not show",
        { "inspect 0123": "echo 'cannot connect' >&2; exit 1" },
        "cannot connect",
      ],
      ["an image that inspect does not show", { "image inspect sha256": "echo denied >&2; exit 1" }, "denied"],
      ["a list of images", { "images -q": "exit 1" }, "does not list images"],
      ["a log", { logs: "exit 1" }, "docker logs tandem-hub fails"],
      ["a journal", { journalctl: "echo 'bad message' >&2; exit 1" }, "bad message"],
    ])("ends with 4 at %s", async (_, faults, said) => {
      const { status, stderr } = await scanned(faults as Record<string, string>); // of one fault each
      expect([status, stderr]).toEqual([4, expect.stringContaining(said)]);
    });

    it("ends with 4, and unpacks nothing anywhere else, when there is no place for layers", async () => {
      const full =
        'mktemp() { case "$2" in /var/tmp/*) return 1 ;; esac; command mktemp "$@"; }\nmkdir() { echo "mkdir $*"; }';
      const { status, stdout, stderr } = await scanned({}, full);
      expect([status, stdout, stderr]).toEqual([4, "", "there is no place in /var/tmp for the layers of images"]);
    });

    it("goes on without a container that has gone meanwhile, and without the log of one that keeps none", async () => {
      const gone = { "inspect 0123": "echo 'Error: No such object: 0123456789ab' >&2; exit 1" };
      const silent = { logs: "exit 1", "inspect --format {{.HostConfig": "echo none" };
      for (const faults of [gone, silent])
        expect(await scanned(faults)).toMatchObject({ status: 0, stderr: expect.not.stringContaining("fails") });
    });
  });

  it("ends with 2 when there is nothing to search for", () => {
    const { status } = spawnSync("sh", ["-c", scanScript("/nowhere", [])], { input: "", encoding: "utf8" });
    expect(status).toBe(2);
  });

  it("ends by itself and leaves nothing behind when its input ends, as when the operator presses Ctrl-C", async () => {
    // An engine that never answers, and says where the search keeps what it was given.
    const docker = `docker() { printf '%s\\n%s\\n' "$work" "$disk" >&2; while :; do sleep 0.1; done; }`;
    const child = spawn("sh", ["-c", `${docker}\n${scanScript("/nowhere", [])}`]);
    const ended = once(child, "exit");
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdin.write(input);
    const [work = "", disk = ""] = await until("its folders", () => {
      const lines = said.split("\n").filter((line) => line !== "");
      return lines.length >= 2 ? lines : undefined;
    });
    expect(readFileSync(join(work, "patterns"), "utf8")).toContain(value);
    child.stdin.end();
    expect(await ended).toEqual([1, null]);
    expect([work, disk].filter((path) => existsSync(path))).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Child, type ChildEvent } from "../../../ops/local/child.ts";
import { isAlive, signal } from "../../../ops/local/processes.ts";
import { until } from "../../support/until.ts";

describe("a child of the local run", () => {
  let dir: string;
  let child: Child | undefined;
  const events: ChildEvent[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-child-"));
    events.length = 0;
  });
  afterEach(async () => {
    child?.kill();
    rmSync(dir, { recursive: true, force: true });
  });

  const make = (script: string, restart: boolean) => {
    const path = join(dir, "child.mjs");
    writeFileSync(path, script);
    child = new Child(
      {
        machine: "pc2",
        name: "hub",
        command: process.execPath,
        args: [path],
        logPath: join(dir, "child.log"),
        ready: async () => readFileSync(join(dir, "child.log"), "utf8").includes("up"),
      },
      { restart, tell: (event) => void events.push(event) },
    );
    return child;
  };
  const staysUp = 'console.log("up"); setInterval(() => {}, 1000);';

  it("is started again after SIGKILL, with another pid, and says both", async () => {
    const made = make(staysUp, true);
    await made.start();
    const first = made.pid ?? 0;
    signal(first, "SIGKILL");
    await until("the restart", () => made.pid !== undefined && made.pid !== first);
    expect(events.map(({ type }) => type)).toEqual(["started", "died", "started"]);
    expect(events[1]).toMatchObject({ how: "was ended by SIGKILL", restartInMs: 1_000 });
  });

  it("stays dead after SIGKILL when restarts are off", async () => {
    const made = make(staysUp, false);
    await made.start();
    signal(made.pid ?? 0, "SIGKILL");
    await until("the death", () => events.some(({ type }) => type === "died"));
    expect([made.pid, events.at(-1)]).toMatchObject([undefined, { restartInMs: undefined }]);
  });

  it("that dies before it is ready fails the start with its last words", async () => {
    await expect(make('console.error("no port left"); process.exit(3);', true).start()).rejects.toMatchObject({
      code: "local.start",
      message: expect.stringMatching(/exited with code 3[\s\S]*no port left/),
    });
  });

  it("that ignores SIGTERM is killed after the deadline", async () => {
    const made = make(`process.on("SIGTERM", () => {}); ${staysUp}`, true);
    await made.start();
    const pid = made.pid ?? 0;
    expect(await made.stop(200)).toBe("killed");
    expect(isAlive(pid)).toBe(false);
    expect(await made.stop(200)).toBe("was dead");
  });
});

/** One machine of a lab with its stack, whose configuration can be wrong for a while, and whether anything on it has changed. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import { writeProject } from "../../lab/project.ts";
import { until } from "../../support/until.ts";
import { DeployedPair } from "./deployed-pair.ts";
import type { Update } from "./engine.ts";

/** Values by path, such as `{ "machine.hubPort": 9000 }`. */
export type Changes = Record<string, unknown>;
/** Variables of the CLI's environment; undefined takes one away. */
export type Env = Record<string, string | undefined>;

const stack = "mainpc";
/** By whose words of the sshd its first connections too many are known. */
const dropped = "grep -ciE 'throttl|drop connection|past maxstartups' /var/log/sshd.log";

export class LoneMachine {
  readonly pair: DeployedPair;

  private constructor(pair: DeployedPair) {
    this.pair = pair;
  }

  /** A lab of its own, whose mainpc has a stack and nothing else. */
  static async prepare(name: string, say: (line: string) => void): Promise<LoneMachine> {
    const pair = await DeployedPair.prepare(name, say);
    writeProject(pair.engine.site, { [stack]: pair.lab.stackConfig(stack) });
    await pair.engine.must(stack, "stack init");
    return new LoneMachine(pair);
  }

  /** Changes the stack's file for good. */
  configure(changes: Changes): void {
    const path = this.pair.engine.stackFile(stack);
    const file = parse(readFileSync(path, "utf8"));
    for (const [key, value] of Object.entries(changes)) {
      const [group = "", ...names] = key.split(".");
      const last = names.pop() ?? "";
      const config = `tandem:${group}`;
      file.config[config] ??= {};
      let at = file.config[config];
      for (const name of names) {
        at[name] ??= {};
        at = at[name];
      }
      at[last] = value;
    }
    writeFileSync(path, stringify(file, { lineWidth: 0 }));
  }

  /** Runs with another configuration and environment, and puts both back. */
  async with<T>(changes: Changes, env: Env, deed: () => Promise<T>): Promise<T> {
    const { engine } = this.pair;
    const path = engine.stackFile(stack);
    const text = readFileSync(path, "utf8");
    const before = { ...engine.env };
    this.configure(changes);
    try {
      for (const [name, value] of Object.entries(env)) setOrDelete(engine.env, name, value);
      return await deed();
    } finally {
      writeFileSync(path, text);
      for (const name of Object.keys(env)) setOrDelete(engine.env, name, before[name]);
    }
  }

  /** An up as an operator types it: with as many resources at once as the engine likes. */
  up(...args: string[]): Promise<Update> {
    return this.pair.engine.run(stack, "up", "--yes", "--skip-preview", ...args);
  }

  /** An up that must fail with these words, and change nothing on the machine. */
  async refuses(words: RegExp[], changes: Changes = {}, env: Env = {}): Promise<void> {
    const before = await this.traces();
    const { code, text } = await this.with(changes, env, () => this.up());
    expect(code, text).not.toBe(0);
    for (const word of words) expect(text).toMatch(word);
    expect(await this.traces()).toBe(before);
  }

  /** Containers by id, files by hash, and ports that are listened on. */
  traces(): Promise<string> {
    return this.pair.lab.mainpc.exec(
      [
        "docker ps -a --no-trunc --format '{{.Names}} {{.ID}}' | sort",
        "find /etc/tandem -type f -exec sha256sum {} + 2>/dev/null | sort -k 2",
        "find /etc/tandem /var/lib/tandem -maxdepth 2 -type d ! -name '.tandem-lab*' 2>/dev/null | sort",
        // Docker's own resolver has another port after each start.
        "ss -Hltn | awk '{ print $4 }' | grep -v '^127.0.0.11:' | sort",
      ].join("\n"),
    );
  }

  /** Somebody else's process on a port, until the function that comes back is called. */
  async occupy(port: number): Promise<() => Promise<void>> {
    const { mainpc } = this.pair.lab;
    const listen = `use IO::Socket; my $s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 1) or die; sleep 600`;
    const pid = await mainpc.exec(`setsid perl -e '${listen}' >/dev/null 2>&1 & echo $!`);
    await until(`port ${port}`, async () => (await mainpc.try(`ss -Hltn | grep -q ':${port} '`)).code === 0);
    return async () => {
      await mainpc.exec(`kill ${pid}`);
    };
  }

  /** How many connections sshd has turned away because too many began at once. */
  async droppedConnections(): Promise<number> {
    return Number((await this.pair.lab.mainpc.try(dropped)).stdout);
  }

  async acceptedConnections(): Promise<number> {
    return Number((await this.pair.lab.mainpc.try("grep -c Accepted /var/log/sshd.log")).stdout);
  }
}

function setOrDelete(env: NodeJS.ProcessEnv, name: string, value: string | undefined): void {
  if (value === undefined) delete env[name];
  else env[name] = value;
}

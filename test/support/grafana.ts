/** A Grafana of this computer, started with the files that its component mounts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { grafanaFiles } from "../../components/grafana-conf.ts";
import { findInPath } from "../../ops/tools/find.ts";
import { freePorts } from "./free-ports.ts";
import { Killable } from "./killable.ts";
import { until } from "./until.ts";

const password = "a password of this test";
/** It lays its tables out at the first start, one by one. */
const startMs = 180_000;

interface Program {
  command: string;
  /** Where its conf and public are. */
  home: string;
}

/** Or why there is none. */
export function findGrafana(): Program | string {
  const [command] = findInPath(["grafana", "grafana-server"]);
  const home = process.env.GRAFANA_HOME ?? "/usr/share/grafana";
  if (command === undefined) return "no grafana and no grafana-server in PATH";
  if (!existsSync(join(home, "conf", "defaults.ini"))) return `no conf/defaults.ini in ${home}; GRAFANA_HOME names it`;
  return { command, home };
}

export class Grafana {
  readonly #url: string;
  readonly #process: Killable;

  private constructor(url: string, process: Killable) {
    this.#url = url;
    this.#process = process;
  }

  /** Writes its files below `folder` and starts nothing yet. */
  static async make({ command, home }: Program, folder: string, prometheusUrl: string): Promise<Grafana> {
    const [port = 0] = await freePorts(1);
    const configDirectory = join(folder, "etc");
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    const at = { host: "127.0.0.1", port, configDirectory, dataDirectory: join(folder, "data"), passwordFile };
    for (const { path, content } of grafanaFiles({ ...at, prometheusUrl })) {
      mkdirSync(dirname(join(configDirectory, path)), { recursive: true });
      writeFileSync(join(configDirectory, path), content);
    }
    // Its environment overrules its file.
    for (const name of Object.keys(process.env)) if (name.startsWith("GF_")) delete process.env[name];
    const url = `http://127.0.0.1:${port}`;
    const killable = new Killable({
      name: "grafana",
      machine: "none",
      command,
      args: [
        ...(basename(command) === "grafana" ? ["server"] : []),
        `--homepath=${home}`,
        `--config=${join(configDirectory, "grafana.ini")}`,
      ],
      logPath: join(folder, "grafana.log"),
      ready: async () => (await fetch(`${url}/api/health`).catch(() => undefined))?.ok ?? false,
    });
    return new Grafana(url, killable);
  }

  /** Resolves when it has read all dashboards. */
  async start(): Promise<void> {
    const before = this.#provisioned();
    await this.#process.ready(startMs);
    await until("all files read", () => this.#provisioned() > before, startMs);
  }

  async end(): Promise<void> {
    await this.#process.end();
  }

  /** Lines of the level `error`, in all of its runs. */
  errors(): string[] {
    return this.#log().filter((line) => /\blevel=error\b/.test(line));
  }

  /** @throws when it answers with other than 200. */
  async get(path: string): Promise<unknown> {
    return await this.#asked(path, {});
  }

  async post(path: string, body: object): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    return await this.#asked(path, { method: "POST", body: JSON.stringify(body), headers });
  }

  /** What a stranger is answered. */
  async statusWithoutPassword(path: string): Promise<number> {
    return (await fetch(`${this.#url}${path}`)).status;
  }

  async #asked(path: string, init: { headers?: object; method?: string; body?: string }): Promise<unknown> {
    const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
    const answer = await fetch(`${this.#url}${path}`, { ...init, headers: { ...init.headers, authorization } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  }

  #provisioned(): number {
    return this.#log().filter((line) => line.includes("finished to provision dashboards")).length;
  }

  #log(): string[] {
    const { logPath } = this.#process.spec;
    return existsSync(logPath) ? readFileSync(logPath, "utf8").split("\n") : [];
  }
}

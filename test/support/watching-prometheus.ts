/** A real Prometheus over a bare pair, with the files that the stacks render, but for its impatience. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderPrometheusConf } from "../../components/prometheus-conf.ts";
import { renderPrometheusRules } from "../../components/prometheus-rules.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import type { BarePair } from "./bare-pair.ts";
import { freePorts } from "./free-ports.ts";
import { Killable } from "./killable.ts";

export class WatchingPrometheus {
  readonly url: string;
  readonly #process: Killable;

  private constructor(url: string, process: Killable) {
    this.url = url;
    this.#process = process;
  }

  /** Resolves when it answers. */
  static async start(pair: BarePair, folder: string): Promise<WatchingPrometheus> {
    const command = await ensureTool("prometheus", () => {});
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const watched = (what: "hub" | "pushgateway") => pair.both.map(({ name, at }) => ({ machine: name, ...at[what] }));
    const conf = { hubs: watched("hub"), pushgateways: watched("pushgateway"), intervalSeconds: 1 };
    writeFileSync(join(folder, "prometheus.yml"), renderPrometheusConf(conf));
    writeFileSync(join(folder, "rules.yml"), renderPrometheusRules({ recorded: ["queue_depth"] }));
    const process = new Killable({
      name: "prometheus",
      machine: "none",
      command,
      args: [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "samples")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      logPath: join(folder, "prometheus.log"),
      ready: async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok ?? false,
    });
    await process.ready();
    return new WatchingPrometheus(url, process);
  }

  async end(): Promise<void> {
    await this.#process.end();
  }
}

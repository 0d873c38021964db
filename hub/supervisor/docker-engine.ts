/** Starts and stops containers that are labelled for it, by three calls of a Docker engine: list, start, stop. */
import { request } from "node:http";
import { z } from "zod";
import { supervisedLabel } from "../core/supervisor/label.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { Runner } from "./runner.ts";

const Containers = z.array(z.object({ Id: z.string(), State: z.string(), Labels: z.record(z.string(), z.string()) }));
const Refusal = z.object({ message: z.string() });

const listDeadlineMs = 5_000;
const startDeadlineMs = 30_000;
/** Beyond the time that the container itself has to end. */
const stopDeadlineMs = 10_000;
/** A container's own time to end is 10 s unless it was made with another. */
const usualStopSeconds = 30;
const maxAnswerBytes = 16 * 1024 * 1024;
/** States in which nothing of it works. A paused one goes on as soon as somebody says so. */
const stoppedStates: ReadonlySet<string> = new Set(["created", "exited", "dead"]);

interface Found {
  id: string;
  running: boolean;
}

export class DockerEngine implements Runner {
  readonly #socket: string;
  readonly #machine: string;

  constructor(socket: string, machine: string) {
    this.#socket = socket;
    this.#machine = machine;
  }

  async look(): Promise<Map<string, boolean>> {
    const found = await this.#find();
    return new Map([...found].map(([service, all]) => [service, all.some(({ running }) => running)]));
  }

  async start(service: string): Promise<void> {
    const all = (await this.#find()).get(service) ?? [];
    const [one, ...more] = all;
    const label = `${supervisedLabel}=${this.#machine}/${service}`;
    if (one === undefined) throw new Error(`no container has the label ${label}`);
    if (more.length > 0) throw new Error(`${all.length} containers have the label ${label}`);
    await this.#call("POST", `/containers/${one.id}/start`, startDeadlineMs);
  }

  async stop(service: string, killAtMs: number | null): Promise<void> {
    const all = (await this.#find()).get(service) ?? [];
    // Whole seconds is all that an engine knows; with 0 it sends both signals at once.
    const seconds = killAtMs === null ? undefined : Math.max(0, Math.floor((killAtMs - monoMs()) / 1_000));
    const deadlineMs = (seconds ?? usualStopSeconds) * 1_000 + stopDeadlineMs;
    const query = seconds === undefined ? "" : `?t=${seconds}`;
    await Promise.all(
      all
        .filter(({ running }) => running)
        .map(({ id }) => this.#call("POST", `/containers/${id}/stop${query}`, deadlineMs)),
    );
  }

  /** Containers outlive the supervisor. */
  async close(): Promise<void> {}

  /** By the labels of this moment: no id is remembered. */
  async #find(): Promise<Map<string, Found[]>> {
    const filters = encodeURIComponent(JSON.stringify({ label: [supervisedLabel] }));
    const text = await this.#call("GET", `/containers/json?all=1&filters=${filters}`, listDeadlineMs);
    const prefix = `${this.#machine}/`;
    const found = new Map<string, Found[]>();
    for (const { Id: id, State, Labels } of Containers.parse(JSON.parse(text))) {
      const label = Labels[supervisedLabel];
      if (label === undefined || !label.startsWith(prefix)) continue;
      const service = label.slice(prefix.length);
      found.set(service, [...(found.get(service) ?? []), { id, running: !stoppedStates.has(State) }]);
    }
    return found;
  }

  #call(method: "GET" | "POST", path: string, deadlineMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(deadlineMs);
      const asked = request({ socketPath: this.#socket, method, path, headers: { host: "docker" }, signal });
      const failed = (error: Error) =>
        reject(signal.aborted ? new Error(`the engine did not answer within ${deadlineMs} ms`) : error);
      asked.on("error", failed);
      asked.on("response", (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes) asked.destroy(new Error(`the engine answered with over ${maxAnswerBytes} bytes`));
          else chunks.push(chunk);
        });
        response.on("error", failed);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const status = response.statusCode ?? 0;
          // 304: it was as it should be already.
          if ((status >= 200 && status < 300) || status === 304) resolve(text);
          else reject(new Error(`the engine refused with ${status}: ${refusalOf(text)}`));
        });
      });
      asked.end();
    });
  }
}

function refusalOf(text: string): string {
  try {
    return Refusal.parse(JSON.parse(text)).message;
  } catch {
    return text.slice(0, 200);
  }
}

/** A real Pushgateway that a test can kill and start again. */
import { type ChildProcess, spawn } from "node:child_process";
import { pushgatewayArgs } from "../../components/pushgateway-args.ts";
import { askPort } from "../../hub/io/port-watch.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { freePorts } from "./free-ports.ts";
import { until } from "./until.ts";

export class RealPushgateway {
  readonly address: { host: string; port: number };
  readonly #program: string;
  readonly #args: string[];
  #process: ChildProcess | undefined;

  private constructor(program: string, args: string[], address: { host: string; port: number }) {
    this.#program = program;
    this.#args = args;
    this.address = address;
  }

  /** @param args instead of those that the pair starts it with */
  static async start(args?: (host: string, port: number) => string[]): Promise<RealPushgateway> {
    const program = await ensureTool("pushgateway", () => {});
    const [port = 0] = await freePorts(1);
    const address = { host: "127.0.0.1", port };
    const made = new RealPushgateway(program, args?.(address.host, port) ?? pushgatewayArgs(address), address);
    await made.start();
    return made;
  }

  get url(): string {
    return `http://${this.address.host}:${this.address.port}`;
  }

  async start(): Promise<void> {
    this.#process = spawn(this.#program, this.#args, { stdio: "ignore" });
    await until("the Pushgateway", async () => (await askPort({ ...this.address, kind: "http" }, 1_000)) === "heard");
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await gone;
  }

  async metrics(): Promise<string> {
    return await (await fetch(`${this.url}/metrics`)).text();
  }
}

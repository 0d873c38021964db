/** A real registry of images, with what a test puts into it; by its own token service if that is asked for. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { freePorts } from "./free-ports.ts";
import { until } from "./until.ts";

export class DockerRegistry {
  readonly #dir: string;
  readonly #process: ChildProcess;
  readonly host: string;

  private constructor(host: string, dir: string, process: ChildProcess) {
    this.host = host;
    this.#dir = dir;
    this.#process = process;
  }

  /** @param auth lines of its configuration below `auth:` */
  static async start(auth?: string): Promise<DockerRegistry> {
    const program = await ensureTool("docker-registry", () => {});
    const [port = 0] = await freePorts(1);
    const dir = mkdtempSync(join(tmpdir(), "tandem-registry-"));
    const config = [
      "version: 0.1",
      `storage: {filesystem: {rootdirectory: ${dir}/store}}`,
      `http: {addr: "127.0.0.1:${port}"}`,
      "log: {level: error}",
      ...(auth === undefined ? [] : [`auth: ${auth}`]),
    ];
    writeFileSync(join(dir, "config.yml"), `${config.join("\n")}\n`);
    const running = spawn(program, ["serve", join(dir, "config.yml")], { stdio: "ignore" });
    const registry = new DockerRegistry(`127.0.0.1:${port}`, dir, running);
    const answers = () =>
      fetch(`http://${registry.host}/v2/`).then(
        () => true,
        () => false,
      );
    await until("the registry", answers);
    return registry;
  }

  /** An image of nothing, which differs by its label. @returns its digest */
  async put(repository: string, tag: string, label: string, authorization?: string): Promise<string> {
    const config = Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: { Labels: { label } },
        rootfs: { type: "layers", diff_ids: [] },
      }),
    );
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const base = `http://${this.host}/v2/${repository}`;
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST", headers });
    const place = new URL(begun.headers.get("location") ?? "", base);
    place.searchParams.set("digest", digest(config));
    const stored = await fetch(place, {
      method: "PUT",
      body: config,
      headers: { ...headers, "content-type": "application/octet-stream" },
    });
    if (stored.status !== 201) throw new Error(`the registry took no blob: ${stored.status} ${await stored.text()}`);
    const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: {
          mediaType: "application/vnd.docker.container.image.v1+json",
          size: config.length,
          digest: digest(config),
        },
        layers: [],
      }),
    );
    const put = await fetch(`${base}/manifests/${tag}`, {
      method: "PUT",
      body: manifest,
      headers: { ...headers, "content-type": mediaType },
    });
    if (put.status !== 201) throw new Error(`the registry took no manifest: ${put.status} ${await put.text()}`);
    return digest(manifest);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill();
    await gone;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

const digest = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

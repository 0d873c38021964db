/** A real nats-server as the witness, from the same renderer as everywhere else. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderWitnessConf } from "../../components/witness-conf.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { freePorts } from "./free-ports.ts";
import { NatsServer } from "./nats-pair.ts";

export async function startWitness(hubKeys: readonly string[] = []): Promise<NatsServer & { remove(): Promise<void> }> {
  const program = await ensureTool("nats-server", () => {});
  const folder = mkdtempSync(join(tmpdir(), "tandem-witness-"));
  const [port = 0] = await freePorts(1);
  const conf = renderWitnessConf({ host: "127.0.0.1", port, storeDir: join(folder, "store"), hubKeys });
  const server = new NatsServer(program, folder, conf, port);
  await server.start();
  const remove = async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return Object.assign(server, { remove });
}

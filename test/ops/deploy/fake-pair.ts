/** A pair of hubs that know one service and what is pushed to them, with this computer in place of both machines. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { createLog } from "../../../hub/io/log.ts";
import type { TlsConfig } from "../../../hub/tls/config.ts";
import { TlsDoor } from "../../../hub/tls/door.ts";
import { fleetView, ledgerView } from "../../hub/page/fixture.ts";
import { service } from "../services/service.ts";

export const machines = ["mainpc", "pc2"] as const;
export type Machine = (typeof machines)[number];

const views = { mainpc: fleetView("mainpc"), pc2: fleetView("pc2") };
const ledgers = { mainpc: ledgerView("mainpc"), pc2: ledgerView("pc2") };
const well = { host: "127.0.0.1", port: 1, health: "healthy" } as const;

export class FakePair {
  readonly #servers: Server[] = [];
  readonly #hubs: Partial<Record<Machine, { server: Server; door: TlsDoor | undefined }>> = {};
  readonly ports: Record<Machine, number> = { mainpc: 0, pc2: 0 };
  /** Of two that answer 200 to whatever is asked. */
  readonly gateways: Record<Machine, number> = { mainpc: 0, pc2: 0 };
  twin: ServiceJson = service({ epoch: 0, instances: { mainpc: well, pc2: well } });
  /** Orders that the hubs were given, in order. */
  orders: string[] = [];
  sync: "in-sync" | "degraded" = "in-sync";
  /** What a push is answered instead of being taken. */
  refusal: { status: number; body: string } | undefined;
  #pushed = "";

  static async start(): Promise<FakePair> {
    const pair = new FakePair();
    for (const machine of machines) {
      await pair.speak(machine, undefined);
      pair.gateways[machine] = await pair.#listen(createServer((_, response) => void response.end()));
    }
    return pair;
  }

  /** From now on a machine's hub speaks TLS, or does not, at the port that it had. */
  async speak(machine: Machine, tls: TlsConfig | undefined): Promise<void> {
    const before = this.#hubs[machine];
    before?.door?.stop();
    before?.server.close();
    before?.server.closeAllConnections();
    const log = createLog(machine, () => {});
    const peer = machine === "pc2" ? "mainpc" : "pc2";
    const door = tls && new TlsDoor({ tls, machine, peer, handshakeMs: 5_000, log });
    const server = createServer(async (request, response) => {
      // Those are given at the hub's socket, before which no door stands.
      const isOrder = request.method !== "GET" && request.url?.startsWith("/api/");
      const refusal = isOrder ? undefined : door?.refusalOf(request);
      const { status, body } = refusal ? { ...refusal, body: refusal.text } : await this.#answer(machine, request);
      response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    });
    door?.standBefore(server);
    this.#hubs[machine] = { server, door };
    this.ports[machine] = await this.#listen(server, this.ports[machine]);
  }

  async #listen(server: Server, port = 0): Promise<number> {
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.#servers.push(server);
    return (server.address() as AddressInfo).port; // it listens on TCP
  }

  stop(): void {
    for (const { door } of Object.values(this.#hubs)) door?.stop();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  async #answer(machine: Machine, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const ok = (body: unknown) => ({ status: 200, body });
    const path = request.url ?? "";
    if (path.startsWith("/metrics/job/")) {
      if (this.refusal !== undefined) return this.refusal;
      const label = `{machine="${path.split("/").at(-1)}"} `;
      if (request.method === "PUT") this.#pushed = (await text(request)).replace(/^(?=\w)(\w+) /gm, `$1${label}`);
      return ok("");
    }
    if (request.method !== "GET") return ok(this.#obey(`${request.method} ${path}`, JSON.parse(await text(request))));
    switch (path) {
      case "/api/v1/fleet":
        return ok({
          ...views[machine],
          sync: { ...views[machine].sync, state: this.sync, reason: this.sync === "in-sync" ? "" : "9 uncopied" },
        });
      case "/api/v1/ledger":
        return ok(ledgers[machine]);
      case "/api/v1/services":
        return ok([this.twin]);
      case "/metrics":
        return ok(`tandem_spool_left_seconds 7200\n${this.#pushed}`);
      default:
        return ok("");
    }
  }

  #obey(what: string, body: Record<string, string>): unknown {
    this.orders.push(`${what} ${body.to ?? body.target}`);
    if (!what.endsWith("/switchover")) return { since: "", until: "", reason: "", by: "", ...body };
    const to = body.to ?? "";
    if (this.twin.owner !== to)
      this.twin = {
        ...this.twin,
        owner: to,
        epoch: this.twin.epoch + 1,
        state: to === this.twin.home ? "home" : "away",
      };
    return { ok: true, text: `Twin is on ${to}` };
  }
}

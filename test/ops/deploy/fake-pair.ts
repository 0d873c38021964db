/** A pair of hubs that know one service and what is pushed to them, with this computer in place of both machines. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { fleetView, ledgerView } from "../../hub/page/fixture.ts";
import { service } from "../services/service.ts";

export const machines = ["mainpc", "pc2"] as const;
export type Machine = (typeof machines)[number];

const views = { mainpc: fleetView("mainpc"), pc2: fleetView("pc2") };
const ledgers = { mainpc: ledgerView("mainpc"), pc2: ledgerView("pc2") };
const well = { host: "127.0.0.1", port: 1, health: "healthy" } as const;

export class FakePair {
  readonly #servers: Server[] = [];
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
      const server = createServer(async (request, response) => {
        const { status, body } = await pair.#answer(machine, request);
        response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
      });
      pair.ports[machine] = await pair.#listen(server);
      pair.gateways[machine] = await pair.#listen(createServer((_, response) => void response.end()));
    }
    return pair;
  }

  async #listen(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#servers.push(server);
    return (server.address() as AddressInfo).port; // it listens on TCP
  }

  stop(): void {
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

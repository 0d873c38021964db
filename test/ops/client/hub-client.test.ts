import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import type { FleetView, MaintenanceView } from "../../../hub/http/api.ts";
import { ask, HubClient } from "../../../ops/client/hub-client.ts";
import { fleetView } from "../../hub/page/fixture.ts";

interface Seen {
  line: string;
  body: string;
  headers: Record<string, unknown>;
}

/** A hub that answers everything alike, and what it was asked. */
async function hub(status: number, body: unknown): Promise<{ url: string; seen: Seen[]; stop(): Promise<void> }> {
  const seen: Seen[] = [];
  const take: RequestListener = (request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      seen.push({ line: `${request.method} ${request.url}`, body: text, headers: request.headers });
      response.writeHead(status, { "tandem-replication": "peer" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  };
  const server = createServer(take);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, stop }; // it listens on a port
}

describe("a client of two hubs", () => {
  it("goes to the second one when the first is gone, and stays there", async () => {
    const [first, second] = [await hub(200, fleetView("mainpc")), await hub(200, fleetView("pc2"))];
    const client = new HubClient([first.url, second.url]);
    const machines = async () => {
      const outcome = await client.call("getFleet", {});
      return outcome.kind === "answered" ? outcome.value.machine : outcome;
    };
    expect(await machines()).toBe("mainpc");
    await first.stop();
    expect([await machines(), await machines()]).toEqual(["pc2", "pc2"]);
    expect([first.seen.length, second.seen.length]).toEqual([1, 2]);
  });

  it("goes to the second one with a push that the first has no room for, and says that it stands on both machines", async () => {
    const [full, other] = [await hub(507, "the store is full\n"), await hub(200, "")];
    const push = { params: { job: "night ly" }, headers: { "Tandem-Seq": "7" }, body: "a 1\n" };
    const outcome = await new HubClient([full.url, other.url]).call("putGroup", push);
    expect(outcome).toMatchObject({ kind: "answered", hub: other.url, value: "" });
    expect(outcome.kind === "answered" && outcome.headers.get("tandem-replication")).toBe("peer");
    expect(other.seen).toMatchObject([
      { line: "PUT /metrics/job/night%20ly", body: "a 1\n", headers: { "tandem-seq": "7" } },
    ]);
  });

  it("takes a refusal from the first as the answer, and the second's trouble for none", async () => {
    const [refusing, other] = [await hub(404, { error: "no agent Tutor has a standby" }), await hub(200, [])];
    expect(await new HubClient([refusing.url, other.url]).call("getService", { params: { name: "Tutor" } })).toEqual({
      kind: "refused",
      hub: refusing.url,
      status: 404,
      reason: "no agent Tutor has a standby",
      body: { error: "no agent Tutor has a standby" },
    });
    expect(other.seen).toEqual([]);
  });

  it("says what both said when neither can: the first refusal, else why each was silent", async () => {
    const [busy, gone] = [await hub(503, "being replaced\n"), await hub(200, "")];
    await gone.stop();
    const refused = await new HubClient([gone.url, busy.url]).call("getAlerts", {});
    expect(refused).toMatchObject({ kind: "refused", status: 503, reason: "being replaced" });
    const silent = await new HubClient([gone.url, gone.url]).call("getAlerts", {});
    expect(silent.kind === "silent" && silent.reasons).toHaveLength(2);
    expect(JSON.stringify(silent)).toContain("ECONNREFUSED");
  });

  it("gives an order to the first hub alone, whatever comes of it, with its body as JSON", async () => {
    const [gone, other] = [await hub(200, ""), await hub(200, { ok: true, text: "taken" })];
    await gone.stop();
    const order = { params: { name: "Tutor" }, body: { confirmPeerDead: true } };
    expect((await new HubClient([gone.url, other.url]).call("takeService", order)).kind).toBe("silent");
    expect(other.seen).toEqual([]);
    const taken = await new HubClient([other.url, gone.url]).call("takeService", order);
    expect(taken).toMatchObject({ kind: "answered", value: { ok: true, text: "taken" } });
    expect(other.seen).toMatchObject([
      {
        line: "POST /api/v1/services/Tutor/take",
        body: '{"confirmPeerDead":true}',
        headers: { "content-type": "application/json" },
      },
    ]);
  });

  it("gives an order to the first hub also after the second has answered a question", async () => {
    const [busy, other] = [await hub(503, "being replaced\n"), await hub(200, fleetView("pc2"))];
    const client = new HubClient([busy.url, other.url]);
    expect(await client.call("getFleet", {})).toMatchObject({ kind: "answered", hub: other.url });
    await client.call("takeService", { params: { name: "Tutor" }, body: { confirmPeerDead: true } });
    expect(busy.seen.map(({ line }) => line)).toEqual(["GET /api/v1/fleet", "POST /api/v1/services/Tutor/take"]);
    expect(other.seen).toHaveLength(1);
  });

  it("takes for silence what is no hub's answer, and gives up after its deadline", async () => {
    const other = await hub(200, { unknown: true });
    expect(await ask(other.url, "getFleet", {})).toBeUndefined();
    const hung = createServer(() => {});
    hung.listen(0, "127.0.0.1");
    await once(hung, "listening");
    onTestFinished(() => {
      hung.closeAllConnections();
      hung.close();
    });
    const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`; // it listens on a port
    expect(await ask(url, "getFleet", {}, 50)).toBeUndefined();
  });
});

it("the types of arguments and answers are those of the schemas", () => {
  const client = new HubClient([]);
  const fleet = () => client.call("getFleet", {});
  type Answered<T> = Extract<Awaited<T>, { kind: "answered" }>;
  expectTypeOf<Answered<ReturnType<typeof fleet>>["value"]>().toEqualTypeOf<FleetView>();
  const begun = () =>
    client.call("beginMaintenance", { body: { target: "pc2", minutes: 5, reason: "disk", by: "me" } });
  expectTypeOf<Answered<ReturnType<typeof begun>>["value"]>().toEqualTypeOf<MaintenanceView>();
  // @ts-expect-error a service has a name
  expectTypeOf(() => client.call("getService", {})).toBeFunction();
  // @ts-expect-error minutes are a number
  expectTypeOf(() => client.call("beginMaintenance", { body: { target: "pc2", minutes: "5", reason: "", by: "" } }));
});

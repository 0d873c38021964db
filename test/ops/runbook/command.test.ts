import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AlertView } from "../../../hub/http/api.ts";
import { registerRunbook } from "../../../ops/runbook.ts";
import { fleetView } from "../../hub/page/fixture.ts";
import { runCommand } from "../run-command.ts";
import { service } from "../services/service.ts";

const alert = (name: string, subject: string, minutes: number): AlertView => ({
  name,
  severity: "urgent",
  subject,
  since: new Date(Date.now() - minutes * 60_000).toISOString(),
  message: `${name} of ${subject}`,
  runbook: `docs/runbooks/${name}.md`,
});

describe("tandem runbook", () => {
  let hub: Server;
  let url: string;
  let alerts: AlertView[];

  beforeEach(async () => {
    alerts = [];
    hub = createServer((request, response) => {
      const answers: Record<string, unknown> = {
        "/api/v1/alerts": { machine: "mainpc", now: new Date().toISOString(), alerts },
        "/api/v1/fleet": fleetView(),
        "/api/v1/services": [service({ name: "Twin", owner: "pc2" })],
      };
      response.end(JSON.stringify(answers[request.url ?? ""]));
    });
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`; // it listens on TCP
  });
  afterEach(() => {
    hub.close();
    hub.closeAllConnections();
  });

  const run = (...args: string[]) => runCommand(registerRunbook, ["runbook", ...args, "--hub", url]);

  it("lists all and marks those that stand, one of a newer hub's too", async () => {
    alerts = [alert("nats-lost", "pc2", 5), alert("fire", "pc2", 1)];
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^! {2}nats-lost +urgent +pc2, for 5 min: nats-lost of pc2$/m);
    expect(stdout).toMatch(/^ {3}machine-lost +urgent +Neither hub nor NATS/m);
    expect(stdout).toMatch(/^! {2}fire .*the hub is newer/m);
    expect(stdout).toMatch(/^ {3}rebuild-machine +procedure/m);
  });

  it("fills in either machine for an alert about the pair as a whole, whose hubs both tell of it", async () => {
    alerts = [alert("budget-burning", "pair", 5)];
    const { stdout } = await run("budget-burning");
    expect(stdout).toContain("tandem objectives --hub http://127.0.0.1:9000 http://127.0.0.1:9100");
    alerts = [alert("budget-burning", "Twin", 5)];
    expect((await run("budget-burning")).stdout).toContain("tandem switchover Twin");
  });

  it("prints one for the alert that has stood longest, and names the others, which --subject picks", async () => {
    alerts = [alert("nats-lost", "pc2", 1), alert("nats-lost", "mainpc", 9)];
    const { stdout } = await run("nats-lost");
    expect(stdout).toContain("Stands for mainpc, for 9 min: nats-lost of mainpc\nIt stands for pc2 too: --subject");
    expect(stdout).toContain("docker restart tandem-mainpc-nats");
    expect((await run("nats-lost", "--subject", "pc2")).stdout).toContain("docker restart tandem-pc2-nats");
    expect((await run("nats-lost", "--subject", "nas")).stderr).toContain("It stands for pc2, mainpc");
  });

  it("of a service names the machine that owns it, of an agent its own, and leaves what nobody knows", async () => {
    alerts = [alert("service-held", "Twin", 1), alert("agent-unhealthy", "pc2/TutorAgent", 1)];
    const held = JSON.parse((await run("service-held", "--json")).stdout);
    expect(held).toMatchObject({ exitCode: 0, place: null, alert: { subject: "Twin" } });
    const { mainpc } = fleetView().machines;
    expect(JSON.stringify(held)).toContain(`tandem take Twin --confirm-peer-dead --yes --hub ${mainpc?.hub.url}`);
    const agent = (await run("agent-unhealthy")).stdout;
    expect(agent).toContain("tandem agent heal TutorAgent --machine pc2 --data {data}");
    expect(agent).toContain("tandem ssh pc2 -- docker restart TutorAgent");
  });

  it("leaves the braces and says so when the alert does not stand", async () => {
    const { code, stdout } = await run("nats-lost");
    expect([code, stdout]).toEqual([0, expect.stringContaining("does not stand now")]);
    expect(stdout).toContain("docker restart tandem-{machine}-nats");
  });

  it("fills a procedure for the machine that --subject names", async () => {
    expect((await run("rebuild-machine", "--subject", "pc2")).stdout).toContain("pulumi up -s pc2 --parallel 4");
  });

  it("ends with 1 and near names for an unknown name, with 2 and the text all the same when no hub answers", async () => {
    const unknown = await run("nats-lots");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("Did you mean nats-lost?") });
    const silent = await runCommand(registerRunbook, ["runbook", "nats-lost", "--hub", "http://127.0.0.1:1"]);
    expect(silent.code).toBe(2);
    expect(silent.stdout).toContain("no answer from http://127.0.0.1:1");
    expect(silent.stdout).toContain("MITIGATION");
    const gone = await runCommand(registerRunbook, ["runbook", "--data", "/nowhere"]);
    expect(gone).toMatchObject({ code: 2, stdout: expect.stringContaining("nats-lost") });
  });
});

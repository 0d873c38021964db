import { afterEach, beforeEach, expect, it } from "vitest";
import { registerServices } from "../../../ops/services.ts";
import { fakeDocker } from "../deploy/fake-docker.ts";
import { FakePair, machines } from "../deploy/fake-pair.ts";
import { localPlaces, writeStack } from "../deploy/local-place.ts";
import { runCommand } from "../run-command.ts";

let site: ReturnType<typeof localPlaces>;
let pair: FakePair;
const { PATH } = process.env;

beforeEach(async () => {
  site = localPlaces(...machines);
  pair = await FakePair.start();
  const at = (machine: (typeof machines)[number]) => ({ address: "127.0.0.1", hubPort: pair.ports[machine] });
  for (const place of site.places) {
    const peer = place.name === "mainpc" ? "pc2" : "mainpc";
    writeStack(place, { machine: at(place.name as (typeof machines)[number]), peer: at(peer) }); // of these two
  }
  process.env.PATH = `${fakeDocker(site.folder).path}:${PATH}`;
});
afterEach(() => {
  process.env.PATH = PATH;
  pair.stop();
  site.remove();
});

const run = (...args: string[]) => runCommand(registerServices, [...args, "--dir", site.folder]);

it("orders to a site's hubs are given on their own machines, without a tunnel, and --at names which", async () => {
  expect(await run("switchover", "--all", "--to", "pc2")).toMatchObject({ code: 0, stdout: "Twin: Twin is on pc2\n" });
  expect((await run("maintenance", "off", "mainpc", "--at", "pc2")).stdout).toBe("mainpc is watched again\n");
  expect(pair.orders).toEqual(["POST /api/v1/services/Twin/switchover pc2", "DELETE /api/v1/maintenance mainpc"]);
  expect((await run("take", "Twin", "--at", "nas")).stderr).toContain("→ There are mainpc and pc2");
});

it("an order is given to the machine that --at names though its hub may not be asked from here", async () => {
  pair.stop();
  const { code, stderr } = await run("take", "Twin", "--at", "pc2");
  expect([code, stderr]).toEqual([1, expect.stringContaining("→ Ask tandem where before you try it again")]);
  expect((await run("take", "Twin")).stderr).toContain("no answer from");
});

import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseStack } from "../../../components/stack-config.ts";
import { type Care, hasStayed, homewardOf, oursOf, pause, settle } from "../../../ops/deploy/care.ts";
import { type Place, placeOf } from "../../../ops/deploy/place.ts";
import { plainProgress } from "../../../ops/terminal/progress.ts";
import { fakeDocker } from "./fake-docker.ts";
import { FakePair, type Machine, machines } from "./fake-pair.ts";
import { localPlaces, writeStack } from "./local-place.ts";

describe("a service that was moved off a machine for its up", () => {
  const moved = { service: "Twin", from: "mainpc", to: "pc2", epoch: 5 };
  const now = (owner: string, epoch: number, state: "home" | "away" | "moving" | "held" = "away") =>
    homewardOf(moved, { owner, epoch, state });

  it("is brought back when nobody has moved it since", () => {
    expect(now("pc2", 5)).toBe("return");
    expect(now("pc2", 5, "held")).toBe("return");
    // A run that was killed before it heard of the move has noted the epoch that it expected.
    expect(now("pc2", 4)).toBe("return");
  });

  it("is left alone when it is home already, or when an operator or a failover has moved it to and fro", () => {
    expect(now("mainpc", 6, "home")).toBe("home");
    expect(now("pc2", 7)).toBe("somebody's");
  });

  it("is asked about again while it moves", () => {
    expect(now("pc2", 5, "moving")).toBe("ask again");
  });
});

describe("a service whose move was not answered", () => {
  const entry = { from: "mainpc", epoch: 5 };
  const stayed = (owner: string, epoch: number, state: "home" | "away" | "moving" = "home") =>
    hasStayed(entry, { owner, epoch, state });

  it("has stayed only where a hub says that it acts as before", () => {
    expect(stayed("mainpc", 4)).toBe(true);
    expect(stayed("mainpc", 4, "moving")).toBe(false);
    expect(stayed("pc2", 5, "away")).toBe(false);
    expect(hasStayed(entry, undefined)).toBe(false);
  });
});

describe("the maintenance that a deployment ends", () => {
  it("is its own, and not what an operator has begun meanwhile", () => {
    const known = [
      { target: "mainpc/Twin", by: "ops" },
      { target: "mainpc/Other", by: "tandem deploy" },
    ];
    expect(oursOf(["mainpc/Twin", "mainpc/Other", "mainpc/Third"], known)).toEqual(["mainpc/Other", "mainpc/Third"]);
  });
});

describe("an agent of a satellite, which has no hub that takes orders", () => {
  let pair: FakePair;
  let site: ReturnType<typeof localPlaces>;
  let nas: Place;
  let said: string[];

  beforeEach(async () => {
    pair = await FakePair.start();
    site = localPlaces(...machines);
    const at = (name: Machine) => ({ name, address: "127.0.0.1", hubPort: pair.ports[name] });
    for (const place of site.places) {
      const [own, other] = place.name === "mainpc" ? machines : machines.toReversed();
      writeStack(place, { machine: at(own ?? "mainpc"), peer: at(other ?? "pc2") });
    }
    const values = {
      role: "satellite",
      machine: { name: "nas", address: "127.0.0.3" },
      hubs: machines.map(at),
      docker: { socket: "unix:///nowhere/docker.sock" },
      paths: { data: join(site.folder, "nas") },
    };
    nas = placeOf({ name: "nas", path: join(site.folder, "Pulumi.nas.yaml"), site: parseStack(values, "nas") });
    vi.stubEnv("PATH", `${fakeDocker(site.folder).path}:${process.env.PATH}`);
    said = [];
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    pair.stop();
    site.remove();
  });

  /** Puts one agent into maintenance and ends that again. @returns what was kept between the two */
  async function paused(): Promise<string[]> {
    const care: Care = { moved: [], paused: [] };
    let kept: string[] = [];
    const keep = async () => {
      if (care.paused.length > 0) kept = [...care.paused];
    };
    const options = { place: nas, peer: undefined, ...plainProgress((line) => said.push(line)), keep };
    await pause(["nas/Archive"], "tandem deploy", care, options);
    expect(await settle(care, options)).toEqual([]);
    return kept;
  }

  it("is put into maintenance by a hub of the pair, and taken out of it again", async () => {
    expect(await paused()).toEqual(["nas/Archive"]);
    expect(pair.orders).toEqual(["POST /api/v1/maintenance nas/Archive", "DELETE /api/v1/maintenance nas/Archive"]);
    expect(said).toEqual([]);
  });

  it("may alert meanwhile where no hub of the pair can be told, which is said with the reason", async () => {
    for (const place of site.places) rmSync(place.stack.path);
    await paused();
    expect(pair.orders).toEqual([]);
    expect(said).toEqual([
      expect.stringMatching(
        /^nas: nas\/Archive may alert meanwhile: it was not put into maintenance \(.*Pulumi\.mainpc\.yaml/,
      ),
    ]);
  });
});

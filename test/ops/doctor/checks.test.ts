import { describe, expect, it } from "vitest";
import {
  checkFiles,
  checkHub,
  checkMachine,
  checkSatellite,
  type Expected,
  serverContainers,
} from "../../../ops/doctor/checks.ts";
import { type FactsArgs, factsScript, type MachineFacts, readFacts } from "../../../ops/doctor/facts.ts";
import { fleetView } from "../../hub/page/fixture.ts";

const expected: Expected = { machine: "pc2", hubUrl: "http://192.0.2.20:9100", hubImage: "tandem-hub:new" };
const now = { fromMs: 1_000_000, toMs: 1_000_200 };
const container = (part: string, change = {}) => ({
  name: `tandem-pc2-${part}`,
  image: part === "hub" ? "tandem-hub:new" : part,
  status: "running",
  health: "healthy",
  restarts: 0,
  outOfMemory: false,
  ...change,
});
const well: MachineFacts = {
  uid: 0,
  engine: "20.10.24",
  containers: ["nats", "pushgateway", "hub"].map((part) => container(part)),
  secrets: [{ path: "/etc/tandem/secrets/hub/nats.seed", mode: "400", uid: 10_900 }],
  diskUsedPercent: 10,
  inodesUsedPercent: 3,
  wallMs: 1_000_100,
  jetstream: { usedBytes: 1, limitBytes: 10 * 1024 ** 3, streams: [] },
};
/** What is not well, each with its status. */
const complaints = (facts: MachineFacts) =>
  checkMachine(facts, expected, now)
    .filter(({ status }) => status !== "ok")
    .map(({ name, status, found }) => `${status} ${name}: ${found}`);

describe("the doctor", () => {
  it("has nothing to say of a machine that is well, and a next step for all that is not", () => {
    expect(complaints(well)).toEqual([]);
    const ill = checkMachine({ ...well, containers: [], diskUsedPercent: 99 }, expected, now);
    for (const { status, next } of ill) expect(next === "", next).toBe(status === "ok");
  });

  it.each<[string, Partial<MachineFacts>, string]>([
    ["a container that is gone", { containers: well.containers.slice(1) }, "fail container nats: is not there"],
    [
      "one that ended",
      { containers: [...well.containers.slice(0, 2), container("hub", { status: "exited" })] },
      "fail container hub: is exited",
    ],
    [
      "one that runs and is not well",
      { containers: [...well.containers.slice(0, 2), container("hub", { health: "unhealthy" })] },
      "fail container hub: runs, but is unhealthy",
    ],
    [
      "a hub of another checkout",
      { containers: [...well.containers.slice(0, 2), container("hub", { image: "tandem-hub:old" })] },
      "warn hub's image: tandem-hub:old; this checkout makes tandem-hub:new",
    ],
    [
      "a secret that others may read",
      { secrets: [{ path: "/etc/tandem/secrets/hub/nats.seed", mode: "644", uid: 0 }] },
      "fail secret files: /etc/tandem/secrets/hub/nats.seed has mode 644",
    ],
    [
      "a user who sees less than all",
      { uid: 1_000, secrets: [] },
      "fail rights: user 1000 may not read the files of a deploy, so they were not looked at",
    ],
    ["a disk at 95 %", { diskUsedPercent: 95 }, "fail disk: 95 % used"],
    ["inodes at 80 %", { inodesUsedPercent: 80 }, "warn inodes: 80 % used"],
    [
      "a store at 81 %",
      { jetstream: { usedBytes: 81, limitBytes: 100, streams: [] } },
      "warn streams: the store has 81 % of its 0.0 GiB",
    ],
    [
      "a stream that is full while the store is not",
      { jetstream: { usedBytes: 5, limitBytes: 100, streams: [{ name: "m", usedBytes: 5, limitBytes: 5 }] } },
      "fail streams: m has 100 % of its 0.0 GiB",
    ],
    ["a clock that is 501 ms behind at least", { wallMs: 999_499 }, "warn clock: at least 501 ms behind this computer"],
  ])("speaks of %s", (_, change, complaint) => {
    expect(complaints({ ...well, ...change })).toEqual([complaint]);
  });

  it("takes a clock for right that lies between question and answer, however long that took", () => {
    expect(complaints({ ...well, wallMs: 1_000_000 })).toEqual([]);
    expect(complaints({ ...well, wallMs: 1_000_700 })).toEqual([]);
    expect(complaints({ ...well, wallMs: 1_000_701 })).toHaveLength(1);
  });

  it("says how an ended container is started by itself, since no up starts one that may be moved", () => {
    const twin = { ...container("hub"), name: "Twin", status: "exited" };
    const agents = { ...expected, containers: [{ part: "Twin", name: "Twin" }] };
    const ended = checkMachine({ ...well, containers: [twin] }, agents, now).find(({ status }) => status === "fail");
    expect(ended?.next).toContain("tandem ssh pc2 -- docker start Twin");
  });

  it("tells a user of this very computer to be root, and one of a machine to become it", () => {
    const next = (change: Partial<Expected>) =>
      checkMachine({ ...well, uid: 1_000 }, { ...expected, ...change }, now).find(({ name }) => name === "rights")
        ?.next;
    expect(next({ isHere: true })).toContain("Run it as root");
    expect(next({})).toContain("pulumi config set -s pc2 --path ssh.become sudo");
  });

  it("asks for nothing else where no engine answers", () => {
    expect(complaints({ ...well, engine: undefined })).toEqual(["fail Docker engine: does not answer"]);
  });

  it("names each file that was changed by hand or deleted", () => {
    const changed = [
      { path: "/etc/tandem/hub/hub.json", kind: "differs" },
      { path: "/etc/tandem/nats/nats.conf", kind: "missing" },
    ] as const;
    expect(checkFiles(changed, expected).map(({ found }) => found)).toEqual([
      "/etc/tandem/hub/hub.json was changed by hand",
      "/etc/tandem/nats/nats.conf was deleted",
    ]);
  });

  it("says that a hub does not answer, and where", () => {
    expect(checkHub(undefined, undefined, expected)[0]).toMatchObject({
      status: "fail",
      found: "does not answer at http://192.0.2.20:9100",
    });
    const why = "certificate has expired";
    expect(checkHub(undefined, undefined, expected, why)[0]?.found).toMatch(/:9100: certificate has expired$/);
    expect(checkSatellite(undefined, expected, why)[0]?.found).toBe(`neither hub of the pair answers: ${why}`);
  });
});

describe("the facts of a machine", () => {
  const args: FactsArgs = {
    machine: "pc2",
    configDirectory: "/etc/tandem",
    dataDirectory: "/data",
    docker: "docker",
    monitoringPort: 8223,
  };

  it("are read from the sections that the script prints", () => {
    const names = [...factsScript(args).matchAll(/^section (\w+)/gm)].map(([, name]) => name);
    expect(names).toEqual(["user", "clock", "engine", "containers", "secrets", "disk", "inodes", "jetstream"]);
    const inspected = JSON.stringify([
      {
        Name: "/tandem-pc2-hub",
        RestartCount: 2,
        State: { Status: "running", OOMKilled: false, Health: { Status: "healthy" } },
        Config: { Image: "tandem-hub:new" },
      },
    ]);
    const answers: Record<string, string> = {
      user: "0",
      clock: "1000100",
      engine: "20.10.24",
      containers: inspected,
      secrets: "400 10900 /etc/tandem/secrets/hub/nats seed",
      disk: "10%",
      inodes: "3%",
      jetstream: JSON.stringify({
        storage: 5,
        config: { max_storage: 10 },
        account_details: [
          {
            stream_detail: [
              { name: "observability-metrics", state: { bytes: 4 }, config: { max_bytes: 8 } },
              { name: "KV_tandem-services", state: { bytes: 1 }, config: { max_bytes: -1 } },
            ],
          },
        ],
      }),
    };
    const printed = names.map((name = "") => `\n== tandem: ${name}\n${answers[name]}\n`).join("");
    expect(readFacts(printed)).toEqual({
      ...well,
      containers: [container("hub", { restarts: 2 })],
      secrets: [{ path: "/etc/tandem/secrets/hub/nats seed", mode: "400", uid: 10_900 }],
      jetstream: {
        usedBytes: 5,
        limitBytes: 10,
        streams: [{ name: "observability-metrics", usedBytes: 4, limitBytes: 8 }],
      },
    });
  });

  it("are unknown where the script said nothing", () => {
    expect(readFacts("")).toEqual({
      engine: undefined,
      containers: [],
      secrets: [],
      diskUsedPercent: undefined,
      inodesUsedPercent: undefined,
      wallMs: undefined,
      jetstream: undefined,
    });
  });
});

describe("the doctor of a satellite", () => {
  const nas: Expected = {
    machine: "nas",
    hubUrl: "http://192.0.2.10:9000",
    hubImage: undefined,
    containers: [...serverContainers("nas", ["prometheus"]), { part: "Archive", name: "Archive" }],
  };
  const runs = (name: string) => ({ ...container("hub"), name, image: "x" });

  it("asks for its agents' containers and its Prometheus, and for nothing of hub, NATS and Pushgateway", () => {
    const facts = { ...well, jetstream: undefined, containers: [runs("tandem-nas-prometheus"), runs("Archive")] };
    const names = checkMachine(facts, nas, now).map(({ name, status }) => `${status} ${name}`);
    expect(names).toEqual([
      "ok Docker engine",
      "ok container prometheus",
      "ok container Archive",
      "ok secret files",
      "ok disk",
      "ok inodes",
      "ok clock",
    ]);
    const [gone] = checkMachine({ ...facts, containers: [runs("tandem-nas-prometheus")] }, nas, now).filter(
      ({ status }) => status === "fail",
    );
    expect(gone).toMatchObject({ name: "container Archive", found: "is not there" });
    const script = factsScript({ machine: "nas", configDirectory: "/c", dataDirectory: "/d", docker: "docker" });
    expect(script).not.toContain("jetstream");
  });

  const view = (verdict: "alive" | "dead" | "unknown", reason = "") => {
    const fleet = fleetView("mainpc");
    const satellite = { verdict, reason, since: fleet.now, watchedBy: "pc2", askedBy: "pc2" };
    return { ...fleet, satellites: { nas: satellite } };
  };

  it.each([
    ["alive", view("alive"), ["ok satellite: alive, asked by the hub of pc2", "ok agents: all 0 healthy"]],
    ["dead", view("dead", "its one agent does not answer"), ["fail satellite: dead: its one agent does not answer"]],
    [
      "without agents",
      view("unknown", "it has no agents that could be asked"),
      ["warn satellite: not judged: it has no agents that could be asked"],
    ],
    ["unknown to the hub", fleetView("mainpc"), ["fail hub: ObservabilityHub knows no satellite nas"]],
    ["of a pair of which no hub answers", undefined, ["fail hub: neither hub of the pair answers"]],
  ])("says of one that is %s what the hubs say", (_, fleet, lines) => {
    const said = checkSatellite(fleet, nas).map(({ status, name, found }) => `${status} ${name}: ${found}`);
    expect(said).toEqual(expect.arrayContaining(lines));
  });
});

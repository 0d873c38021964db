/** Each rule on a resource that keeps to it and on ones that do not. */
import { describe, expect, it } from "vitest";
import type { Declared } from "../../../components/policy/declared.ts";
import { exceptions } from "../../../components/policy/exceptions.ts";
import { violationsOf } from "../../../components/policy/rules.ts";

const seed = `SU${"A".repeat(56)}`;

/** A container that keeps to everything, with what is changed of it. */
function container(changes: Record<string, unknown> = {}): Declared {
  const props = {
    image: "nats:2.12.3-alpine",
    user: "10422:10422",
    privileged: false,
    capabilities: { drops: ["ALL"] },
    command: ["-c", "/etc/tandem/nats/nats.conf"],
    labels: [{ label: "tandem.machine", value: "mainpc" }],
    mounts: [{ type: "bind", source: "/etc/tandem/nats", target: "/etc/tandem/nats" }],
    healthcheck: { tests: ["CMD", "wget", "http://127.0.0.1:8222/healthz"] },
    ...changes,
  };
  return { type: "docker:index/container:Container", name: "box", props, protect: false };
}

const remoteImage = (name: string): Declared => ({
  type: "docker:index/remoteImage:RemoteImage",
  name: "box-image",
  props: { name },
  protect: false,
});

const excepted = (word: string) => [{ label: "tandem.exception", value: word }];
const found = (...declared: Declared[]) => violationsOf(declared).map(({ rule, what }) => `${rule}: ${what}`);

it("a container that keeps to everything violates nothing, and neither does one of which a preview knows little", () => {
  expect(found(container())).toEqual([]);
  const { image: _, mounts: __, ...little } = Object(container().props);
  expect(found({ ...container(), props: little })).toEqual([]);
});

describe("an image", () => {
  it("named by a version or a digest, or by the id of one that was pulled, passes", () => {
    for (const image of ["registry.example.org:5000/nats:2.12.3", "nats@sha256:0123", "sha256:0123"])
      expect(found(container({ image }))).toEqual([]);
  });

  it("without a tag or with latest is refused, in a container as where it is pulled or built upon", () => {
    const tag = "image-has-a-tag";
    expect(found(container({ image: "nats" }))).toEqual([
      `${tag}: nats has no tag, which means latest: another image each time`,
    ]);
    expect(found(remoteImage("registry.example.org:5000/nats"))).toHaveLength(1);
    expect(found(remoteImage("nats:latest"))).toEqual([
      `${tag}: nats:latest has the tag latest: another image each time`,
    ]);
    const props = { imageName: "tandem-hub:0123", build: { args: { BASE: "node" } } };
    const built = { type: "docker:index/image:Image", name: "hub", props, protect: false };
    expect(found(built)).toEqual([`${tag}: node has no tag, which means latest: another image each time`]);
  });
});

describe("a container", () => {
  it.each([
    [{ privileged: true }, "is privileged"],
    [{ user: undefined }, "names no user, so it may be root"],
    [{ user: "0:10900" }, "is root"],
    [{ user: "root" }, "is root"],
    [{ capabilities: { adds: ["SYS_ADMIN"] } }, "has CAP_SYS_ADMIN"],
    [{ pidMode: "host" }, "sees all processes of the machine"],
    [{ ipcMode: "host" }, "shares memory with all processes of the machine"],
    [
      { mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/s" }] },
      "sees the engine's socket, which makes it root of the machine",
    ],
    [{ mounts: [{ type: "bind", source: "/", target: "/host" }] }, "sees the machine's whole disk"],
  ])("with %o is refused", (changes, fault) => {
    expect(found(container(changes))).toEqual([`no-privileged-container: the container ${fault}`]);
  });

  it("with a label that names an exception may do what stands there, and nothing else", () => {
    const moves = { user: "0:0", labels: excepted("moves-addresses") };
    expect(found(container({ ...moves, capabilities: { adds: ["CAP_NET_ADMIN", "NET_RAW"] } }))).toEqual([]);
    expect(found(container({ ...moves, capabilities: { adds: ["CAP_SYS_ADMIN"] } }))).toHaveLength(1);
    expect(found(container({ ...moves, privileged: true }))).toHaveLength(1);
    const mounts = [{ type: "bind", source: "/var/run/docker.sock", target: "/run/docker.sock" }];
    expect(found(container({ user: "0:10900", mounts, labels: excepted("speaks-to-the-engine") }))).toEqual([]);
    expect(found(container({ ...moves, mounts }))).toHaveLength(1);
  });

  it("with a label that names no known exception is refused, with the words that there are", () => {
    expect(found(container({ user: "0:0", labels: excepted("because") }))[0]).toContain(
      Object.keys(exceptions).join(", "),
    );
  });

  it("without a health check is refused, unless it is an agent that only the hub can ask", () => {
    for (const healthcheck of [undefined, { tests: ["NONE"] }, { tests: [] }])
      expect(found(container({ healthcheck }))[0]).toMatch(/^everything-is-checked: /);
    expect(found(container({ healthcheck: undefined, labels: excepted("asked-by-the-hub") }))).toEqual([]);
    expect(found(container({ healthcheck: undefined, labels: excepted("moves-addresses") }))).toHaveLength(1);
  });
});

describe("a secret", () => {
  const known = { secrets: [{ name: "hubSeed", value: "a-secret-of-this-site" }] };
  const whatOf = (...declared: Declared[]) => violationsOf(declared, known).map(({ what }) => what);

  it.each([
    [{ envs: ["GREETING=a-secret-of-this-site"] }, "the environment GREETING holds hubSeed"],
    [{ envs: [`NKEY=${seed}`] }, "the environment NKEY holds the seed of an NKey"],
    [{ envs: ["DB_PASSWORD=abc"] }, "the environment DB_PASSWORD holds what by its name is a secret"],
    [{ command: ["--url", "https://ann:abc@example.org"] }, "the command line holds a URL with a password"],
    [{ labels: [{ label: "note", value: `-----BEGIN PRIVATE KEY-----` }] }, "the label note holds a private key"],
  ])("in %o of a container is found, and its value is not repeated", (changes, what) => {
    expect(whatOf(container(changes))).toEqual([what]);
  });

  it("in a script, an environment of a command or an argument of a build is found", () => {
    const command = (props: unknown): Declared => ({
      type: "command:remote:Command",
      name: "run",
      props,
      protect: false,
    });
    expect(whatOf(command({ create: "echo a-secret-of-this-site" }))).toEqual(["the script holds hubSeed"]);
    expect(whatOf(command({ environment: { TOKEN: "abc" } }))).toEqual([
      "the environment TOKEN holds what by its name is a secret",
    ]);
    const props = { imageName: "hub:1", build: { args: { SEED: seed } } };
    expect(whatOf({ type: "docker:index/image:Image", name: "hub", props, protect: false })).toHaveLength(1);
  });

  it("is not where an environment names the file of one, and standard input is its place", () => {
    expect(whatOf(container({ envs: ["DB_PASSWORD_FILE=/run/secrets/db", "TOKEN=/run/secrets/token"] }))).toEqual([]);
    const props = { create: "cat > /etc/seed", stdin: "a-secret-of-this-site" };
    expect(whatOf({ type: "command:remote:Command", name: "write", props, protect: false })).toEqual([]);
  });
});

describe("the ports of a machine", () => {
  const machine = (ports: Record<string, string>): Declared => ({
    type: "tandem:machine:Machine",
    name: "mainpc",
    props: { ports },
    protect: false,
  });

  it("each taken by one container pass, also where one container has a port twice", () => {
    expect(found(machine({ hub: "9000 9000", nats: "4222" }))).toEqual([]);
  });

  it("taken by two containers are refused, with both names", () => {
    expect(found(machine({ hub: "7423 9000", Tutor: "6000 9000" }))).toEqual([
      "ports-do-not-collide: hub and Tutor would listen on port 9000",
    ]);
  });

  it("do not know one that Docker publishes, so it is refused", () => {
    expect(found(container({ ports: [{ internal: 80, external: 8080 }] }))).toEqual([
      "ports-do-not-collide: the container publishes the port 8080, which is not in its machine's list",
    ]);
  });
});

describe("a volume", () => {
  const volume = (protect: boolean): Declared => ({
    type: "docker:index/volume:Volume",
    name: "box-volume",
    props: { name: "streams" },
    protect,
  });
  const mounting = (source?: string) => container({ mounts: [{ type: "volume", source, target: "/data" }] });

  it("that is declared and protected passes", () => {
    expect(found(volume(true), mounting("streams"))).toEqual([]);
  });

  it("that is not protected is refused", () => {
    expect(found(volume(false))).toEqual([
      "volumes-are-protected: the volume is not protected: a destroy would remove it with its data",
    ]);
  });

  it("that no resource declares is refused, and one without a name too", () => {
    expect(found(volume(true), mounting("other"))[0]).toContain("keeps data in the volume other, which no resource");
    expect(found(mounting())[0]).toContain("keeps data in a volume without a name");
    expect(found(container({ volumes: [{ volumeName: "other", containerPath: "/data" }] }))).toHaveLength(1);
  });
});

it("every violation says what to do next", () => {
  const all = violationsOf([
    container({
      image: "nats",
      privileged: true,
      envs: [`A=${seed}`],
      healthcheck: undefined,
      ports: [{ internal: 1 }],
    }),
    container({ mounts: [{ type: "volume", target: "/data" }] }),
  ]);
  expect(new Set(all.map(({ rule }) => rule)).size).toBe(6);
  for (const { next } of all) expect(next.length).toBeGreaterThan(10);
  expect(JSON.stringify(all)).not.toContain(seed);
});

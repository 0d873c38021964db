import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readStackConfig } from "../../components/read-stack.ts";
import { namedSecretsKeys, Site, singleSecretKeys } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { requireFleet } from "../../fleet/load.ts";
import { OperatorError } from "../../ops/error.ts";
import { readProject, recordResources, stackValues } from "./recorder.ts";

const good = stackValues("mainpc");
/** The configuration of mainpc with one key set otherwise; `undefined` takes it away. */
function withKey(path: string, value: unknown): Record<string, unknown> {
  const [group = "", name] = path.split(".");
  return name === undefined
    ? { ...good, [group]: value }
    : { ...good, [group]: { ...Object(good[group]), [name]: value } };
}

function refusal(values: Record<string, unknown>): string {
  try {
    parseStackConfig(values, "mainpc");
  } catch (error) {
    if (error instanceof OperatorError) return error.toText();
    throw error;
  }
  return "accepted";
}

describe("the stacks of the repository", () => {
  it.each(["mainpc", "pc2"])("%s is accepted as it stands", (stack) => {
    expect(parseStackConfig(stackValues(stack), stack).machine.name).toBe(stack);
  });

  it.each(["mainpc", "pc2"])(
    "%s has no salt: with one, nobody could give the stack a passphrase of their own",
    (stack) => {
      const text = readFileSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
      expect(text).not.toMatch(/^(encryptionsalt|encryptedkey|secretsprovider):/m);
    },
  );

  it("the two describe the same pair, each from its own side", () => {
    const [mainpc, pc2] = ["mainpc", "pc2"].map((stack) => parseStackConfig(stackValues(stack), stack));
    expect(pc2?.peer).toEqual(mainpc?.machine);
    expect(pc2?.machine).toEqual(mainpc?.peer);
    expect(pc2?.leaf).toEqual(mainpc?.leaf);
  });

  it("Pulumi.yaml declares every key with a type, a description and the default that zod has", () => {
    const declared = Object.entries(readProject().config);
    const bare = Site.parse({
      machine: { name: "a", address: "192.0.2.1" },
      peer: { name: "mainpc", address: "192.0.2.2" },
      docker: { socket: "unix:///s" },
    });
    const defaults = flat(bare);
    defaults.delete("docker.socket");
    // Required of the pair by the program, since a satellite's stack has none.
    for (const key of ["peer.name", "peer.address"]) defaults.set(key, "");
    for (const [key, { type, description, default: value }] of declared) {
      expect(description, key).toMatch(/\.$/);
      expect(["string", "integer", "boolean", "array"], key).toContain(type);
      if (value !== undefined && key !== "docker.socket") expect(defaults.get(key), key).toEqual(value);
      defaults.delete(key);
    }
    expect([...defaults.keys()]).toEqual([]);
  });
});

describe("a wrong configuration names key, file, expectation and example", () => {
  it("a port of 90000", () => {
    expect(refusal(withKey("machine.hubPort", 90_000))).toBe(
      "tandem:machine.hubPort in Pulumi.mainpc.yaml: expected at most 65535; got 90000\n" +
        "  → Set it as in: pulumi config set -s mainpc --path 'machine.hubPort' '9000' (docs/pulumi.md lists every key)",
    );
  });

  it.each([
    ["machine.hubPort", "nine", 'expected a whole number from 1 to 65535; got "nine"', "'9000'"],
    ["machine.name", undefined, "expected a name like mainpc; it is missing", "'mainpc'"],
    ["machine.address", "http://192.0.2.10", "without scheme or port; got", "'192.0.2.10'"],
    ["peer.address", "192.0.2.20:22", "without scheme or port; got", "'192.0.2.10'"],
    ["ssh.hostKey", "", "expected the machine's host key, since it is reached over SSH", "'ssh-ed25519 "],
    ["ssh.hostKey", "SHA256:abc", "expected type and key as `ssh-keyscan` prints them", "'ssh-ed25519 "],
    ["ssh.become", "root", "expected none, sudo or docker; got", "'sudo'"],
    ["ssh.jump", { host: "192.0.2.1" }, "expected the jump host's own key, like ssh-ed25519 ", "'ssh-ed25519 "],
    ["ssh.jump", { hots: "192.0.2.1" }, "there is no such key; did you mean ssh.jump.host?", "Rename or remove it in"],
    ["logs.owner", "ops", "expected user and group like ops ops", "'ops ops'"],
    ["preview.drift", "perhaps", "expected true or false", "'true'"],
    ["peer.name", "mainpc", "expected another name than machine.name, mainpc", "'mainpc'"],
    ["leaf.listener", "nas", "expected one of mainpc and pc2", "'mainpc'"],
    ["machine.pushgatewayPort", 9000, "expected a free port; 9000 is already machine.hubPort", "'9091'"],
    ["machine.natsPort", 7422, "expected a free port; 7422 is already leaf.port", "'4222'"],
    ["jetstream.maxStoreMb", 4096, "expected at least 10048; got 4096", "'10240'"],
    ["limits.natsMemoryMb", 1024, "expected more than jetstream.maxMemoryMb, 1024; got 1024", "'2048'"],
    ["paths.data", "data", "expected an absolute path like /var/lib/tandem", "'/var/lib/tandem'"],
    [
      "docker.socket",
      "tcp://h:1",
      "expected a socket like unix:///var/run/docker.sock",
      "'unix:///var/run/docker.sock'",
    ],
    ["objectives.targetPercent", "100", "expected a percentage from 50 to 99.999 like 99.9", "'99.9'"],
    ["objectives.windowDays", 91, "expected at most 90; got 91", "'30'"],
    ["images.nats", "", "expected at least 1 character", "'nats:2.12.3-alpine'"],
    ["machine.hubprot", 9000, "there is no such key; did you mean machine.hubPort?", "Rename or remove it in"],
    ["machien", {}, "there is no such key; did you mean machine?", "Rename or remove it in"],
    [
      "references",
      ["router"],
      'expected host:port like 192.0.2.1:53; got "router"',
      "--path 'references[0]' '192.0.2.1:53'",
    ],
    [
      "references",
      ["192.0.2.1:99999"],
      'expected a port from 1 to 65535, as in 192.0.2.1:53; got "192.0.2.1:99999"',
      "--path 'references[0]' '192.0.2.1:53'",
    ],
    ["references", ["192.0.2.1:0"], "expected a port from 1 to 65535", "'192.0.2.1:53'"],
    [
      "prometheus.alertmanagers",
      ["192.0.2.1:65536"],
      "expected a port from 1 to 65535 behind the address",
      "--path 'prometheus.alertmanagers[0]' '192.0.2.10:9093'",
    ],
  ])("%s = %j", (key, value, expectation, example) => {
    const text = refusal(withKey(key, value));
    expect(text).toContain(`tandem:${key}`);
    expect(text).toContain(" in Pulumi.mainpc.yaml: ");
    expect(text).toContain(expectation);
    expect(text).toContain(example);
  });

  it("hosts with ports 1 and 65535 are accepted", () => {
    const prometheus = { alertmanagers: ["[2001:db8::1]:65535"] };
    expect(refusal({ ...withKey("references", ["192.0.2.1:1"]), prometheus })).toBe("accepted");
  });

  it("three wrong keys are named together", () => {
    const values = { ...withKey("machine.hubPort", 0), leaf: { port: "x" }, sshh: {} };
    expect(refusal(values).match(/in Pulumi\.mainpc\.yaml/g)).toHaveLength(3);
  });
});

it("numbers that Pulumi hands on as text are numbers", () => {
  expect(parseStackConfig(withKey("machine.hubPort", "9001"), "mainpc").machine.hubPort).toBe(9001);
});

it.each(["pc2.lan", "192.0.2.20", "2001:db8::20", "::1"])("%s is an address", (address) => {
  expect(parseStackConfig(withKey("peer.address", address), "mainpc").peer.address).toBe(address);
});

it("logs to rotate without a directory to watch are refused with the command that sets one", () => {
  const text = refusal(withKey("logs.files", ["/srv/fleet/logs/a.log"]));
  expect(text).toContain("tandem:logs.directories[0] in Pulumi.mainpc.yaml: expected the directories of logs.files");
  expect(text).toContain("--path 'logs.directories[0]' '/srv/fleet/logs'");
});

it.each([
  ["true", true],
  ["false", false],
])("%s set as text is a boolean", (given, drift) => {
  expect(parseStackConfig(withKey("preview.drift", given), "mainpc").preview).toEqual({ drift });
});

it("a machine reached by a socket of this computer needs no host key", () => {
  const values = { ...withKey("ssh.hostKey", ""), docker: { socket: "unix:///var/run/docker.sock" } };
  expect(parseStackConfig(values, "mainpc").docker.socket).toBe("unix:///var/run/docker.sock");
});

it("the running stack's keys are read, those of providers are not", async () => {
  await recordResources("mainpc", good);
  expect(readStackConfig()).toEqual(parseStackConfig(good, "mainpc"));
});

it("a stack with each kind of secret is read as it is without them", async () => {
  const single = Object.fromEntries(singleSecretKeys.map((key) => [key, `a secret of ${key}`]));
  const named = Object.fromEntries(namedSecretsKeys.map((key) => [key, { one: `a secret of ${key}` }]));
  await recordResources("mainpc", { ...good, ...single, ...named }, [...singleSecretKeys, ...namedSecretsKeys]);
  expect(readStackConfig()).toEqual(parseStackConfig(good, "mainpc"));
});

it("an encrypted value in a group is refused without being repeated, since it would be plain on the machine", async () => {
  const url = "https://hc-ping.com/0f1e2d3c-a-secret";
  const values = { ...good, notifications: { deadMansSwitch: { url } } };
  await recordResources("mainpc", values, ["notifications"]);
  let said = "accepted";
  try {
    readStackConfig();
  } catch (error) {
    if (error instanceof OperatorError) said = error.toText();
  }
  expect(said).toMatch(
    /^tandem:notifications in Pulumi\.mainpc\.yaml holds an encrypted value, which would stand in plain/,
  );
  expect(said).toContain("such as notificationSecrets");
  expect(said).not.toContain(url);
});

/** Keys with dots and their values; machine and peer lose what has no default. */
function flat(site: object, prefix = ""): Map<string, unknown> {
  const result = new Map<string, unknown>();
  for (const [name, value] of Object.entries(site)) {
    const key = `${prefix}${name}`;
    if (typeof value !== "object" || Array.isArray(value)) result.set(key, value);
    else for (const [below, item] of flat(value, `${key}.`)) result.set(below, item);
  }
  return result;
}

it("the service that is named as an example of an objective has a route, so that the mended stack is taken", () => {
  const example = / '(\w+)' \(docs/.exec(refusal(withKey("objectives.services", [{}])))?.[1];
  const routed = requireFleet().agents.flatMap(({ name, route }) => (route === undefined ? [] : [name]));
  expect(routed).toContain(example);
});

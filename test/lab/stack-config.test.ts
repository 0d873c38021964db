import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseStack, parseStackConfig } from "../../components/stack-config.ts";
import { stackValues } from "../components/recorder.ts";
import { satelliteConfig, stackConfig, stackFile } from "./stack-config.ts";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF";
const images = {
  nats: "tandem-lab/nats:2.12.15",
  pushgateway: "tandem-lab/pushgateway:1.5.1",
  hubBase: "tandem-lab/node:24",
};
const configOf = (machine: "mainpc" | "pc2", user?: string) =>
  stackConfig({
    machine,
    addresses: { mainpc: "10.213.4.10", pc2: "10.213.4.20" },
    hostKey,
    images,
    reference: "10.213.4.30:22",
    ...(user === undefined ? {} : { user }),
  });

describe("the configuration of a lab's stack", () => {
  it("is accepted by the program", () => {
    const site = parseStackConfig(configOf("mainpc"), "mainpc");
    expect(site).toMatchObject({
      machine: { name: "mainpc", address: "10.213.4.10", hubPort: 9000 },
      peer: { name: "pc2", address: "10.213.4.20", hubPort: 9100 },
      ssh: { user: "root", hostKey },
      images,
      references: ["10.213.4.30:22"],
    });
  });

  it("describes one pair from both sides", () => {
    const [mainpc, pc2] = [parseStackConfig(configOf("mainpc"), "mainpc"), parseStackConfig(configOf("pc2"), "pc2")];
    expect(pc2.peer).toEqual(mainpc.machine);
    expect(pc2.machine).toEqual(mainpc.peer);
  });

  it("has the names and ports of the repository's stacks", () => {
    for (const stack of ["mainpc", "pc2"] as const) {
      const { address: ours, ...lab } = parseStackConfig(configOf(stack), stack).machine;
      const { address: theirs, ...repository } = parseStackConfig(stackValues(stack), stack).machine;
      expect(lab).toEqual(repository);
      expect(ours).not.toBe(theirs);
    }
  });

  it("names the images of Prometheus and keepalived in a lab that has them", () => {
    const extra = { prometheus: "tandem-lab/prometheus:534c4a4c", keepalived: "tandem-lab/keepalived:c88b682d" };
    const config = stackConfig({
      machine: "pc2",
      addresses: { mainpc: "10.213.4.10", pc2: "10.213.4.20" },
      hostKey,
      images: { ...images, ...extra },
      reference: "10.213.4.30:22",
    });
    expect(parseStackConfig(config, "pc2").images).toMatchObject({ ...images, ...extra });
  });

  it("of a satellite is accepted too, and knows both hubs and where the inventory lies", () => {
    const config = satelliteConfig({
      address: "10.213.4.40",
      addresses: { mainpc: "10.213.4.10", pc2: "10.213.4.20" },
      hostKey,
      images,
      fleet: "/srv/site/fleet",
    });
    const site = parseStack(config, "nas");
    expect(site).toMatchObject({
      role: "satellite",
      machine: { name: "nas", address: "10.213.4.40" },
      hubs: [
        { name: "mainpc", address: "10.213.4.10", hubPort: 9000 },
        { name: "pc2", address: "10.213.4.20", hubPort: 9100 },
      ],
      fleet: { directory: "/srv/site/fleet" },
    });
  });

  it("as a file has one key a group, each value on one line", () => {
    const text = stackFile(configOf("pc2", "ops"));
    expect(text).toContain(`\n    hostKey: ${hostKey}\n`);
    const { config } = parse(text);
    expect(Object.keys(config).every((key) => key.startsWith("tandem:"))).toBe(true);
    expect(config["tandem:ssh"].user).toBe("ops");
  });
});

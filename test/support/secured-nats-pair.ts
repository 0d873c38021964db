/** A pair as startNatsPair gives it, with NKeys for all and mutual TLS on the leaf, from the renderers and tandem init's issuer. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsConnection, nkeyAuthenticator, nkeys } from "nats";
import { type NatsAuthArgs, renderNatsAuth } from "../../components/nats-auth.ts";
import { renderNatsConf } from "../../components/nats-conf.ts";
import { ownInboxes } from "../../hub/core/inbox-names.ts";
import { nameInboxes } from "../../hub/io/inboxes.ts";
import { createAuthority, type Issued, issueCertificate } from "../../ops/init/certificates.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { freePorts } from "./free-ports.ts";
import { NatsServer } from "./nats-pair.ts";
import { until } from "./until.ts";

export type Role = "hub" | "operator" | "agent";
/** The agent that has a key. */
export const agentName = "Tutor";

/** Seeds, since a test plays all roles. */
export class Key {
  readonly seed: string;
  readonly publicKey: string;

  constructor() {
    const pair = nkeys.createUser();
    this.seed = Buffer.from(pair.getSeed()).toString();
    this.publicKey = pair.getPublicKey();
  }
}

export class SecuredServer extends NatsServer {
  readonly folder: string;
  readonly monitoring: string;
  readonly keys: Record<Role, Key>;
  #auth: NatsAuthArgs;

  constructor(program: string, folder: string, conf: string, ports: [number, number], auth: NatsAuthArgs) {
    super(program, folder, conf, ports[0]);
    this.folder = folder;
    this.monitoring = `http://127.0.0.1:${ports[1]}`;
    this.keys = { hub: new Key(), operator: new Key(), agent: new Key() };
    this.#auth = auth;
    this.authorize({});
  }

  /** Writes accounts.conf with these keys instead; the server takes it when it is hung up on. */
  authorize(changed: Partial<NatsAuthArgs>): void {
    const { hub, operator, agent } = this.keys;
    const keys = { hub: hub.publicKey, operator: operator.publicKey, agents: { [agentName]: agent.publicKey } };
    this.#auth = { ...this.#auth, ...keys, ...changed };
    writeFileSync(join(this.folder, "accounts.conf"), renderNatsAuth(this.#auth));
  }

  /** As whoever has taken the machine over: this end lets everything through, and its operator stands at the link itself. */
  async opensTheLink(): Promise<void> {
    const file = join(this.folder, "accounts.conf");
    const { operator } = this.keys;
    const text = readFileSync(file, "utf8");
    const open = this.#auth.listens
      ? text.replace(/(# leaf\n[^}]*permissions \{)[^}]*\}/, '$1 publish: [">"], subscribe: [">"] }')
      : text
          .replace(operator.publicKey, new Key().publicKey)
          .replace('"LINK": {', `"LINK": {\n    users: [{ nkey: "${operator.publicKey}" }]`);
    if (open === text) throw new Error(`${file} names no end of a link`);
    writeFileSync(file, open);
    await this.reload();
  }

  async as(role: Role): Promise<NatsConnection> {
    const { machine } = this.#auth;
    const inboxPrefix = { hub: ownInboxes(machine), operator: undefined, agent: `_INBOX.agents.${agentName}` }[role];
    const authenticator = nkeyAuthenticator(Buffer.from(this.keys[role].seed));
    const nc = await this.connect({ authenticator, inboxPrefix, reconnect: false });
    if (role === "hub") nameInboxes(nc, machine);
    return nc;
  }

  /** What its nats.conf and accounts.conf say. */
  files(): [conf: string, accounts: string] {
    const read = (name: string) => readFileSync(join(this.folder, name), "utf8");
    return [read("nats.conf"), read("accounts.conf")];
  }

  /** Started anew with these files; auth.conf is that of the version before. */
  async becomes({ conf, accounts, auth }: { conf: string; accounts: string; auth: string }): Promise<void> {
    await this.kill("SIGTERM");
    for (const [name, text] of [
      ["nats.conf", conf],
      ["accounts.conf", accounts],
      ["auth.conf", auth],
    ] as const)
      writeFileSync(join(this.folder, name), text);
    await this.start();
  }

  /** What the server has said since its first start. */
  log(): string {
    return readFileSync(join(this.folder, "nats.log"), "utf8");
  }

  /** Hangs up on the server and waits until it has read its files again. */
  async reload(): Promise<void> {
    const count = () => this.log().split("Reloaded server configuration").length;
    const before = count();
    this.hangUp();
    await until("the reload", () => count() > before);
  }

  async leafs(): Promise<object[]> {
    const answer = await fetch(`${this.monitoring}/leafz`);
    const { leafs = [] } = (await answer.json()) as { leafs?: object[] }; // the server's own shape
    return leafs;
  }
}

export interface SecuredNatsPair {
  mainpc: SecuredServer;
  pc2: SecuredServer;
  /** Replaces the certificate with which pc2 dials, by one of another authority, for another name or of another time when told. */
  certifyPc2(other?: { authority?: Issued; name?: string; now?: Date }): void;
  stop(): Promise<void>;
}

export async function startSecuredNatsPair(): Promise<SecuredNatsPair> {
  const program = await ensureTool("nats-server", () => {});
  const root = mkdtempSync(join(tmpdir(), "tandem-secured-"));
  const [leafPort = 0, ...ports] = await freePorts(5);
  const pairAuthority = createAuthority({ name: "test CA", now: new Date() });
  const tlsOf = (folder: string) => ({
    certFile: join(folder, "leaf.pem"),
    keyFile: join(folder, "leaf.key"),
    caFile: join(folder, "ca.pem"),
  });
  const certify = (folder: string, machine: string, authority: Issued, now = new Date()) => {
    const { certFile, keyFile, caFile } = tlsOf(folder);
    const issued = issueCertificate(authority, { machine, address: "127.0.0.1", now });
    writeFileSync(certFile, issued.certificate);
    writeFileSync(keyFile, issued.privateKey);
    writeFileSync(caFile, pairAuthority.certificate);
  };
  const server = (machine: "mainpc" | "pc2", clientPort: number, monitoringPort: number) => {
    const folder = mkdtempSync(join(root, `${machine}-`));
    certify(folder, machine, pairAuthority);
    const listens = machine === "mainpc";
    const common = { machine, host: "127.0.0.1", clientPort, monitoringPort, storeDir: join(folder, "store") };
    const tls = tlsOf(folder);
    const conf = renderNatsConf({
      ...common,
      authFile: "accounts.conf",
      logFile: join(folder, "nats.log"),
      leaf: listens
        ? { kind: "listen", host: "127.0.0.1", port: leafPort, tls }
        : { kind: "dial", url: `nats-leaf://127.0.0.1:${leafPort}`, tls },
    });
    const peer = listens ? "pc2" : "mainpc";
    const auth = { machine, peer, hub: "", operator: "", listens };
    return new SecuredServer(program, folder, conf, [clientPort, monitoringPort], auth);
  };
  const mainpc = server("mainpc", ports[0] ?? 0, ports[1] ?? 0);
  const pc2 = server("pc2", ports[2] ?? 0, ports[3] ?? 0);
  await Promise.all([mainpc.start(), pc2.start()]);
  return {
    mainpc,
    pc2,
    certifyPc2: ({ authority = pairAuthority, name = "pc2", now } = {}) => certify(pc2.folder, name, authority, now),
    stop: async () => {
      await Promise.all([mainpc.kill(), pc2.kill()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

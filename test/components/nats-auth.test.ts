/** accounts.conf as text; what it lets whom do is asked of real servers in nats-security.test.ts. */
import { join } from "node:path";
import { nkeys } from "nats";
import { describe, expect, it } from "vitest";
import { mainAccount } from "../../components/nats-accounts.ts";
import { type NatsAuthArgs, renderNatsAuth } from "../../components/nats-auth.ts";

const key = () => nkeys.createUser().getPublicKey();
const listener: NatsAuthArgs = { machine: "mainpc", peer: "pc2", hub: key(), operator: key(), listens: true };

describe("accounts.conf", () => {
  it("names hub and operator, the peer's server where the link is listened for, and agents where they have a key", () => {
    const names = (args: NatsAuthArgs) => renderNatsAuth(args).match(/(?<=# )\w+/g);
    expect(names(listener)).toEqual(["hub", "operator", "leaf"]);
    expect(names({ ...listener, listens: false })).toEqual(["hub", "operator"]);
    expect(names({ ...listener, agents: { Tutor: key() } })).toEqual(["hub", "operator", "leaf", "agent"]);
    expect(names({ ...listener, sharedAgent: key() })).toEqual(["hub", "operator", "leaf", "agents"]);
  });

  it("keeps the streams in the folder that a server without accounts has them in", () => {
    expect(join("jetstream", mainAccount)).toBe("jetstream/$G");
    expect(renderNatsAuth(listener)).toContain(`"${mainAccount}": {\n    jetstream: enabled`);
  });

  it("gives each agent its own subjects and inboxes, and none of another's", () => {
    const text = renderNatsAuth({ ...listener, agents: { Tutor: key(), Twin: key() } });
    expect(text.match(/publish: \["tandem\.agents[^\]]*\]/g)).toEqual([
      'publish: ["tandem.agents.mainpc.Tutor.>", "_INBOX.agents.Tutor.>"]',
      'publish: ["tandem.agents.mainpc.Twin.>", "_INBOX.agents.Twin.>"]',
    ]);
  });

  it("another key of the hub changes 1 line", () => {
    const other = key();
    const before = renderNatsAuth(listener).split("\n");
    const after = renderNatsAuth({ ...listener, hub: other }).split("\n");
    expect(after.filter((line, index) => line !== before[index])).toEqual([`        nkey: "${other}"`]);
  });

  it("a seed in place of a public key is refused without being repeated", () => {
    const seed = Buffer.from(nkeys.createUser().getSeed()).toString();
    const render = () => renderNatsAuth({ ...listener, hub: seed });
    expect(render).toThrow("the key of role hub must be a public NKey");
    expect(render).not.toThrow(seed.slice(0, 8));
  });
});

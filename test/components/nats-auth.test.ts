/** auth.conf as text; what it lets whom do is asked of real servers in nats-security.test.ts. */
import { nkeys } from "nats";
import { describe, expect, it } from "vitest";
import { type NatsAuthArgs, renderNatsAuth } from "../../components/nats-auth.ts";

const key = () => nkeys.createUser().getPublicKey();
const listener: NatsAuthArgs = { machine: "mainpc", peer: "pc2", hub: key(), operator: key(), listens: true };

describe("auth.conf", () => {
  it("names hub and operator, the peer's server where the link is listened for, and agents where they have a key", () => {
    const names = (args: NatsAuthArgs) => renderNatsAuth(args).match(/(?<=# )\w+/g);
    expect(names(listener)).toEqual(["hub", "operator", "leaf"]);
    expect(names({ ...listener, listens: false })).toEqual(["hub", "operator"]);
    expect(names({ ...listener, agent: key() })).toEqual(["hub", "operator", "leaf", "agent"]);
  });

  it("another key of the hub changes 1 line", () => {
    const other = key();
    const before = renderNatsAuth(listener).split("\n");
    const after = renderNatsAuth({ ...listener, hub: other }).split("\n");
    expect(after.filter((line, index) => line !== before[index])).toEqual([`      nkey: "${other}"`]);
  });

  it("a seed in place of a public key is refused without being repeated", () => {
    const seed = Buffer.from(nkeys.createUser().getSeed()).toString();
    const render = () => renderNatsAuth({ ...listener, hub: seed });
    expect(render).toThrow("the key of role hub must be a public NKey");
    expect(render).not.toThrow(seed.slice(0, 8));
  });
});

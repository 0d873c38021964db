import { describe, expect, it } from "vitest";
import { OperatorError } from "../../../ops/error.ts";
import { refuseSecrets } from "../../../ops/review/guard.ts";
import { patternsOf } from "../../../ops/secrets/patterns.ts";

const value = "correct horse battery staple";
const patterns = patternsOf({ name: "mainpc hubSeed", value });

describe("a review that would show a secret is refused", () => {
  it.each([
    ["as it is", `+ env: ${value}`, "mainpc hubSeed"],
    ["in base64", Buffer.from(`x${value}yz`).toString("base64"), "mainpc hubSeed"],
    ["that nobody listed: the seed of an NKey", `SU${"B".repeat(56)}`, "the seed of an NKey"],
    ["that nobody listed: a private key", "-----BEGIN RSA PRIVATE KEY-----", "a private key"],
  ])("%s, with its name and without its value", (_, text, name) => {
    const refusal = refusalOf(`before\n${text}\nafter`);
    expect(refusal?.code).toBe("review.secret");
    expect(refusal?.message).toContain(name);
    expect(refusal?.toText()).not.toContain(text);
  });

  it("and one that shows public keys, certificates and [secret] is not", () => {
    const text = `U${"C".repeat(55)}\n-----BEGIN CERTIFICATE-----\nstdin: [secret]\nssh://root@192.0.2.10:22`;
    expect(refusalOf(text)).toBeUndefined();
  });
});

function refusalOf(text: string): OperatorError | undefined {
  try {
    refuseSecrets(text, patterns);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  return undefined;
}

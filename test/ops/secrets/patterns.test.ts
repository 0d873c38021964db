import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternsOf, secretsIn } from "../../../ops/secrets/patterns.ts";

const secret = { name: "mainpc hubSeed", value: 'SUAB "quoted" & longer than that' };

describe("the patterns of a secret", () => {
  it.each([
    ["as it is", secret.value],
    ["in JSON", JSON.stringify({ value: secret.value })],
    ["in a URL", `https://example.org/?q=${encodeURIComponent(secret.value)}`],
    ["in base64", Buffer.from(secret.value).toString("base64")],
  ])("find it %s", (_, text) => {
    expect(secretsIn(`before ${text} after`, patternsOf(secret))).toEqual([secret.name]);
  });

  it("find it inside anything that was encoded in base64 whole, whatever stands before and after", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const text = Buffer.from(`${before}${secret.value}${after}`).toString("base64");
        expect(secretsIn(text, patternsOf(secret))).toEqual([secret.name]);
      }),
    );
  });

  it("find each line of a private key by itself and nothing in another key", () => {
    const pem = (line: string) => `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`;
    const patterns = patternsOf({ name: "leafKey", value: pem("MC4CAQAwBQYDK2VwBCIEIAAA") });
    expect(secretsIn("…MC4CAQAwBQYDK2VwBCIEIAAA…", patterns)).toEqual(["leafKey"]);
    expect(secretsIn(pem("MC4CAQAwBQYDK2VwBCIEIBBB"), patterns)).toEqual([]);
  });

  it("of 7 characters are none, since they would be found by chance", () => {
    expect(patternsOf({ name: "short", value: "1234567" })).toEqual([]);
  });
});

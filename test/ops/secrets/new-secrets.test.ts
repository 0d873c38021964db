import { describe, expect, it } from "vitest";
import { OperatorError } from "../../../ops/error.ts";
import { newRotation } from "../../../ops/secrets/new-secrets.ts";
import { plainProgress } from "../../../ops/terminal/progress.ts";

describe("a secret that others have made", () => {
  it.each([
    ["hubSeed", "hub-keys makes it"],
    ["leafKey", "certificates makes it"],
    ["hubTlsKey", "pulumi config set -s STACK --path hub.tls.certificate < CERTIFICATE"],
  ])("is not exchanged by itself where it is %s, before anything is made", (path, instead) => {
    const site = { dir: "/nowhere", project: "tandem", kept: "/nowhere", stacks: [] };
    const begin = () =>
      newRotation({ ...site, what: [], secret: [`${path}=/nowhere`], asks: false, progress: plainProgress(() => {}) });
    expect(begin).toThrow(OperatorError);
    expect(begin).toThrow(`${path} belongs to a public half`);
    try {
      begin();
    } catch (error) {
      expect(error instanceof OperatorError && error.next).toContain(instead);
    }
  });
});

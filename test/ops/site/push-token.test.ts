import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { pushHeaders } from "../../../ops/site/push-token.ts";

it("pushes show the token of the file that is named, and none where none is; a file that holds none is refused without its text", () => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-push-token-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  expect(pushHeaders("")).toEqual({});
  expect(pushHeaders(file("one", "a-token\n"))).toEqual({ authorization: "Bearer a-token" });
  expect(() => pushHeaders(join(dir, "none"))).toThrow(/none: ENOENT/);
  expect(() => pushHeaders(file("two", "words of\nmany lines"))).toThrow(/two: it holds no token/);
  expect(() => pushHeaders(file("two", "words of\nmany lines"))).not.toThrow(/words/);
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hubNodeArgs } from "../../components/hub-node-args.ts";

it("the image starts the hub with the same flags as its container and the local run", () => {
  const dockerfile = readFileSync(join(import.meta.dirname, "../../hub/Dockerfile"), "utf8");
  const entrypoint = /^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? "";
  expect(JSON.parse(entrypoint)).toEqual(["node", ...hubNodeArgs, "/app/hub.mjs"]);
});

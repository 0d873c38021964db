import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { heapArgs, hubNodeArgs } from "../../components/hub-node-args.ts";

it("the image starts the hub with the same flags as the local run", () => {
  const dockerfile = readFileSync(join(import.meta.dirname, "../../hub/Dockerfile"), "utf8");
  const entrypoint = /^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? "";
  expect(JSON.parse(entrypoint)).toEqual(["node", ...hubNodeArgs, "/app/hub.mjs"]);
});

it("the heap of a container of 1,024 MiB ends at 768", () => {
  expect(heapArgs(1_024)).toEqual(["--max-old-space-size=768"]);
  expect(heapArgs(257)).toEqual(["--max-old-space-size=192"]);
});

import { expect, it } from "vitest";
import { hasArgument } from "../../../ops/drill/local-site.ts";

it("a server is found by its file's path, also where that has a space, and not by a path that only begins so", () => {
  const command = "/usr/bin/node /opt/tandem/hub.mjs /home/ann/my pair/mainpc/hub.json --verbose";
  expect(hasArgument(command, "/home/ann/my pair/mainpc/hub.json")).toBe(true);
  expect(hasArgument(command, "--verbose")).toBe(true);
  expect(hasArgument(command, "/home/ann/my pair/mainpc/hub")).toBe(false);
  expect(hasArgument(command, "ann/my pair/mainpc/hub.json")).toBe(false);
});

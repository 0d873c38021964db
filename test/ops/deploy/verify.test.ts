import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { see } from "../../../ops/deploy/verify.ts";
import { fakeDocker } from "./fake-docker.ts";
import { localPlaces } from "./local-place.ts";

it("a machine whose engine is silent has not been asked for its containers; one that answers may have none", async () => {
  const { places, folder, remove } = localPlaces("pc2");
  const path = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = path;
    remove();
  });
  const [place] = places;
  if (place === undefined) throw new RangeError("no place");
  process.env.PATH = `${fakeDocker(folder).path}:${path}`;
  expect((await see(place)).containers).toEqual([]);
  const silent = join(folder, "silent");
  mkdirSync(silent);
  writeFileSync(join(silent, "docker"), "#!/bin/sh\nexit 1\n");
  chmodSync(join(silent, "docker"), 0o755);
  process.env.PATH = `${silent}:${path}`;
  expect((await see(place)).containers).toBeUndefined();
}, 30_000);

import { expect, test } from "vitest";
import { pinned, readReference } from "../../../ops/images/reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

test.each([
  ["nats", "registry-1.docker.io", "library/nats", "latest", undefined],
  ["nats:2.12.3-alpine", "registry-1.docker.io", "library/nats", "2.12.3-alpine", undefined],
  ["prom/pushgateway:v1.5.1", "registry-1.docker.io", "prom/pushgateway", "v1.5.1", undefined],
  ["docker.io/library/node:24", "registry-1.docker.io", "library/node", "24", undefined],
  ["registry.example:5000/a/b-c/d:1", "registry.example:5000", "a/b-c/d", "1", undefined],
  ["localhost/a", "localhost", "a", "latest", undefined],
  [`nats:2@${digest}`, "registry-1.docker.io", "library/nats", "2", digest],
  [`ghcr.io/a/b@${digest}`, "ghcr.io", "a/b", undefined, digest],
])("%s is named as Docker reads it", (image, registry, repository, tag, pin) => {
  expect(readReference(image)).toEqual({ registry, repository, tag, digest: pin });
});

test.each([digest, "", "UPPER:1", "a b", "nats@sha256:short", "a//b", "http://x/y"])(
  "%j is no name of an image",
  (image) => {
    expect(readReference(image)).toBeUndefined();
  },
);

test("a pinned image keeps its tag, and is pinned anew in place of the old digest", () => {
  expect(pinned("nats:2", digest)).toBe(`nats:2@${digest}`);
  expect(pinned(`nats:2@sha256:${"b".repeat(64)}`, digest)).toBe(`nats:2@${digest}`);
});

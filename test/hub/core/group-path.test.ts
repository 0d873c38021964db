import fc from "fast-check";
import { expect, it } from "vitest";
import { type Group, groupKey, groupPath, parseGroupPath } from "../../../hub/core/group-path.ts";

function keyOf(path: string): string {
  const parsed = parseGroupPath(path);
  return parsed.ok ? groupKey(parsed.group) : `refused: ${parsed.reason}`;
}

it.each([
  ["/metrics/job/backup", 'job="backup"'],
  ["/metrics/job/backup/", 'job="backup"'],
  ["/metrics/job/backup/zone/a/instance/nas%3A1", 'job="backup",instance="nas:1",zone="a"'],
  ["/metrics/job@base64/YS9i", 'job="a/b"'],
  ["/metrics/job@base64/YS9iYw==/path@base64/L3Zhcg", 'job="a/bc",path="/var"'],
  ["/metrics/job/backup/zone@base64/=", 'job="backup",zone=""'],
  ["/metrics/job/backup/zone/", 'job="backup",zone=""'],
  ["/metrics/job/backup/job/other/zone/1/zone/2", 'job="backup",zone="2"'],
  ["/metrics/job/backup/instance@base64/=", 'job="backup"'],
  ["/metrics/job/%C3%BC%20%22/x/+", 'job="ü \\"",x="+"'],
])("%s names the group %s", (path, key) => {
  expect(keyOf(path)).toBe(key);
});

it.each([
  ["/metrics/job/", "the job is empty"],
  ["/metrics/job@base64/=", "the job is empty"],
  ["/metrics/job//x/1", "the job is empty"],
  ["/metrics/jobs/a", "must be /metrics/job/<job>"],
  ["/metrics/job/a/x", "the label x at the path's end has no value"],
  ["/metrics/job/a/__x/1", '"__x" is no label name'],
  ["/metrics/job/a/0x/1", '"0x" is no label name'],
  ["/metrics/job/a/x-y/1", '"x-y" is no label name'],
  ["/metrics/job/a/x//y/1", "an empty value inside the path needs base64"],
  ["/metrics/job/a/../b", "a value .. needs base64"],
  ["/metrics/job/a/x@base64/!!", "the value of x is not base64url of UTF-8 text"],
  ["/metrics/job/a/x@base64/_w", "the value of x is not base64url of UTF-8 text"],
  ["/metrics/job@base64/a", "the job is not base64url of UTF-8 text"],
  ["/metrics/job/%zz", "not valid percent-encoded UTF-8"],
  ["/metrics/job/%ff", "not valid percent-encoded UTF-8"],
])("%s is refused: %s", (path, reason) => {
  expect(keyOf(path)).toContain(reason);
});

const group: fc.Arbitrary<Group> = fc
  .tuple(
    fc.string({ minLength: 1, unit: "grapheme" }),
    fc.dictionary(fc.stringMatching(/^[a-z]\w{0,5}$/), fc.string({ unit: "grapheme" }), { maxKeys: 4 }),
  )
  .map(([job, labels]): Group => {
    const others = Object.entries(labels).filter(
      ([name, value]) => name !== "job" && (name !== "instance" || value !== ""),
    );
    return [["job", job], ...others.sort(([a], [b]) => (a < b ? -1 : 1))];
  });

it("a million = that are no padding are refused in one pass", () => {
  expect(parseGroupPath(`/metrics/job@base64/${"=".repeat(1_000_000)}x`).ok).toBe(false);
});

it("a group's path leads back to the group, whatever its values are", () => {
  fc.assert(
    fc.property(group, (each) => {
      expect(parseGroupPath(groupPath(each))).toEqual({ ok: true, group: each });
    }),
  );
});

it("different groups have different keys", () => {
  fc.assert(
    fc.property(group, group, (a, b) => {
      expect(groupKey(a) === groupKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

import { describe, expect, it } from "vitest";
import { patternsOf } from "../../../ops/secrets/patterns.ts";
import { scrub, secretsLeft } from "../../../ops/support/scrub.ts";

const seed = `SUA${"ABCDEFGH234567".repeat(4).slice(0, 55)}`;

describe("a text of a bundle", () => {
  it.each([
    ['{"password":"hunter2!"}', '{"password":[removed]}'],
    ['{\\"redisPassword\\": \\"hunter2\\"}', '{\\"redisPassword\\": [removed]}'],
    ["hubSeed: abc-def", "hubSeed: [removed]"],
    ["REDIS_PASSWORD=hunter2 PATH=/bin", "REDIS_PASSWORD=[removed] PATH=/bin"],
    ["redis-server --requirepass hunter2 --port 6379", "redis-server --requirepass [removed] --port 6379"],
    ["Authorization: Bearer abcdef012345", "Authorization: Bearer [removed]"],
    ["nats://ops:hunter2@192.0.2.10:4222", "nats://ops:[removed]@192.0.2.10:4222"],
    [`key ${seed} end`, "key [removed] end"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nnext", "[removed]\nnext"],
    ["value v1:9XxfYYKzAbCd=:0123456789abcdefghij+/== end", "value [removed] end"],
    ["LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUU= end", "[removed] end"],
  ])("%j becomes %j, with nothing left to find in it", (text, clean) => {
    expect(secretsLeft(text, [])).not.toEqual([]);
    expect(scrub(text, [])).toEqual({ text: clean, count: 1 });
    expect(secretsLeft(clean, [])).toEqual([]);
  });

  it.each([
    '{"seed":7,"secrets":[],"token":null,"passwords":{}}',
    "secret files   3, each 0400",
    "/etc/tandem/secrets/hub/nats.seed has mode 644",
    "http://192.0.2.10:9000/api/v1/fleet",
    "Set hub.spool.path; the token bucket is full",
    '{"seedFile":"/etc/tandem/nats-secrets/hub.nk"}',
  ])("keeps %j, which is no secret", (text) => {
    expect(scrub(text, [])).toEqual({ text, count: 0 });
  });

  it("loses a secret that is known in each of its forms, and the longer of two that overlap first", () => {
    const known = [
      ...patternsOf({ name: "a", value: "correct horse" }),
      ...patternsOf({ name: "b", value: "correct horse battery" }),
    ];
    const text = `x correct horse battery y ${encodeURIComponent("correct horse")} z ${Buffer.from("correct horse battery").toString("base64")}`;
    const { text: clean } = scrub(text, known);
    expect(secretsLeft(clean, known)).toEqual([]);
    expect(clean).toMatch(/^x \[removed\] y \[removed\] z \[removed\]/);
  });
});

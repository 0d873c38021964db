import { describe, expect, it } from "vitest";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { AnswerReader } from "./answers.ts";
import { fill, template } from "./message.ts";

const bodyOf = (message: Buffer) => message.toString().split("\r\n\r\n")[1] ?? "";

describe("the bench's pushes", () => {
  it.each([5, 100])(
    "carry %i series, all with another value each time, and the length that the head says",
    (series) => {
      const made = template(3, { groups: 5, series });
      const [first, second] = [fill(made, 1), fill(made, 2)];
      expect(first.toString()).toContain("PUT /metrics/job/bench/instance/host-3 HTTP/1.1");
      expect(first.toString()).toContain(`Content-Length: ${bodyOf(first).length}\r\n`);
      const values = [first, second].map((message) => {
        const parsed = parseExposition(bodyOf(message));
        if (!parsed.ok) throw new Error(parsed.reason);
        return parsed.families.flatMap(({ metrics }) => metrics.map(({ value }) => value));
      });
      expect(values[0]).toHaveLength(series);
      expect(values[0]?.filter((value, i) => value === values[1]?.[i])).toEqual([]);
    },
  );
});

describe("the bench's reader of answers", () => {
  it("waits for the whole body, by its length or its last chunk, and begins anew after it", () => {
    const reader = new AnswerReader();
    expect(reader.take(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"))).toBeUndefined();
    expect(reader.take(Buffer.from("c"))?.status).toBe(200);
    expect(reader.take(Buffer.from("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"))).toBeUndefined();
    expect(reader.take(Buffer.from("0\r\n\r\n"))?.status).toBe(503);
  });
});

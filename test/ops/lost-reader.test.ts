import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { forgiveLostReader } from "../../ops/lost-reader.ts";

describe("output that nobody reads any more", () => {
  const emit = (code: string) => {
    const stream = new Writable();
    forgiveLostReader(stream);
    return () => stream.emit("error", Object.assign(new Error(code), { code }));
  };

  it.each(["EPIPE", "EIO"])("is let go with %s, as of a pipe and of a terminal that are closed", (code) => {
    expect(emit(code)).not.toThrow();
  });

  it("is an error with any other code", () => {
    expect(emit("ENOSPC")).toThrow("ENOSPC");
  });
});

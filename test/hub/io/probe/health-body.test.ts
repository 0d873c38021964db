import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHealthBody } from "../../../../hub/io/probe/health-body.ts";

describe("an agent's answer", () => {
  it.each([
    ['{"status":"ok","ready":true,"message":"fine","uptime":3}', "healthy", "fine"],
    ['{"status":"DEGRADED","message":"queue is long"}', "degraded", "queue is long"],
    ['{"status":"error","ready":false,"message":"no gpu"}', "unhealthy", "no gpu"],
    ["OK\n", "healthy", ""],
    ["ok", "healthy", ""],
    ['"healthy"', "healthy", ""],
    ["error", "unhealthy", ""],
  ])("%s means %s", (body, health, message) => {
    expect(readHealthBody(body)).toEqual({ type: "answered", health, message });
  });

  it("of an agent that is well but not ready means degraded", () => {
    expect(readHealthBody('{"status":"ok","ready":false,"message":"loading 7 models"}')).toEqual({
      type: "answered",
      health: "degraded",
      message: "not ready: loading 7 models",
    });
    expect(readHealthBody('{"status":"ok","ready":false}')).toMatchObject({ health: "degraded", message: "not ready" });
  });

  it.each([
    ["", "it answered with nothing"],
    ["<!DOCTYPE html>\n<html>", "it answered with a page of HTML: <!DOCTYPE html> <html>"],
    ["Segmentation fault", "its answer is neither JSON nor a known word: Segmentation fault"],
    ['{"error":"unknown action"}', 'its answer has no status: {"error":"unknown action"}'],
    ["[1]", "its answer has no status: [1]"],
    ["null", "its answer has no status: null"],
    ['{"status":"purple"}', 'its status "purple" means nothing here'],
    ['{"status":3}', "its status 3 means nothing here"],
    ['{"status":null}', "its status null means nothing here"],
    ['{"status":["ok"]}', "its status is no word and means nothing here"],
  ])("%j cannot be read, and the reason shows it", (body, reason) => {
    expect(readHealthBody(body)).toEqual({ type: "malformed", reason });
  });

  it("nested deeper than anything could write is judged without throwing", () => {
    const body = `{"status":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(readHealthBody(body)).toMatchObject({ type: "malformed" });
  });

  it("of any text or any JSON is judged without throwing", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readHealthBody(text).type !== undefined));
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { labelNameEnd, metricNameEnd } from "../../../../hub/core/exposition/name-chars.ts";
import { Labeller, metricName } from "../../../../hub/core/otlp/names.ts";

const none = new Set<string>();
const labelsOf = (attributes: string[], taken: ReadonlySet<string>) => new Labeller(taken).labels(attributes);

it.each([
  ["http.server.request.duration", "s", "other", "http_server_request_duration_seconds"],
  ["process.memory.usage", "By", "other", "process_memory_usage_bytes"],
  ["poll.time", "ms", "other", "poll_time_milliseconds"],
  ["cpu.utilization", "1", "gauge", "cpu_utilization_ratio"],
  ["cpu.utilization.ratio", "1", "gauge", "cpu_utilization_ratio"],
  ["jobs", "1", "counter", "jobs_total"],
  ["jobs.total", "{job}", "counter", "jobs_total"],
  ["queue.length", "1", "other", "queue_length"],
  ["queue.length", "{item}", "gauge", "queue_length"],
  ["disk.io", "By/s", "gauge", "disk_io_bytes_per_second"],
  ["disk_bytes_per_second", "By/s", "gauge", "disk_bytes_per_second"],
  ["lag", "{record}/min", "gauge", "lag_per_minute"],
  ["network.io", "By", "counter", "network_io_bytes_total"],
  ["seconds.left", "s", "gauge", "seconds_left"],
  ["taken.s", "s", "gauge", "taken_s_seconds"],
  ["heat", "Cel", "gauge", "heat_celsius"],
  ["level", "dB[SPL]", "gauge", "level_dB_SPL"],
  ["a..b--c__d", "", "gauge", "a_b_c_d"],
  ["2xx.answers", "", "gauge", "_2xx_answers"],
  ["ns:rule", "", "gauge", "ns:rule"],
  ["größe", "By", "gauge", "gr_e_bytes"],
] as const)("%s in %j as a %s is %s", (name, unit, kind, expected) => {
  expect(metricName(name, unit, kind)).toBe(expected);
});

it("a name of signs alone is none", () => {
  expect([metricName("", "s", "gauge"), metricName("…", "", "counter"), metricName("_", "By", "other")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it("whatever the name and the unit, what comes out can be a metric's name", () => {
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[a-z0-9._ /{}]{0,12}$/));
  fc.assert(
    fc.property(text, text, fc.constantFrom("counter" as const, "gauge" as const, "other" as const), (...args) => {
      const name = metricName(...args);
      expect(name === undefined || (name !== "" && metricNameEnd(name, 0) === name.length)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it("labels stand by name, and attributes that become the same one are joined in the order of their own names", () => {
  const attributes = ["host.name", "a", "code", "200", "host_name", "b", "host-name", "c"];
  expect(labelsOf(attributes, none)).toEqual(["code", "200", "host_name", "c;a;b"]);
});

it("an attribute of a name that the group needs is exported_, as in a scrape", () => {
  expect(labelsOf(["job", "x", "instance", "y"], new Set(["job", "instance"]))).toEqual([
    "exported_instance",
    "y",
    "exported_job",
    "x",
  ]);
});

it("labels do not depend on the points before", () => {
  const attributes = fc.array(fc.tuple(fc.constantFrom("a.b", "a_b", "a", "b", "job"), fc.constantFrom("1", "2")), { maxLength: 4 }); // biome-ignore format: one list
  fc.assert(
    fc.property(fc.array(attributes, { maxLength: 5 }), (points) => {
      const labeller = new Labeller(new Set(["job"]));
      for (const pairs of points) {
        expect(labeller.labels(pairs.flat())).toEqual(new Labeller(new Set(["job"])).labels(pairs.flat()));
      }
    }),
  );
});

it("whatever the attributes, labels are names that a push may have, each once", () => {
  const attributes = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string()), { maxLength: 6 });
  fc.assert(
    fc.property(attributes, (pairs) => {
      const names = labelsOf(pairs.flat(), none).filter((_, i) => i % 2 === 0);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) {
        expect(labelNameEnd(name, 0)).toBe(name.length);
        expect(name.startsWith("__")).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

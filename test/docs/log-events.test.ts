/** Every event of a warning or an error that the hub, router or supervisor logs is explained to operators, and none that is not there. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const sources = globSync("hub/**/*.{ts,tsx}", { cwd: root }).map((path) => readFileSync(join(root, path), "utf8"));
const [, section = ""] = readFileSync(join(root, "docs/operations.md"), "utf8").split("## What the log says\n");
const [, errors = "", rest = ""] = section.split(/^### (?:Errors|Warnings)$/m);
const [warnings = ""] = rest.split(/^## /m);

/** What stands for the names in events that are put together. */
const put: Record<string, string[]> = {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: texts of the sources
  "supervisor.${type}_failed": ["supervisor.start_failed", "supervisor.stop_failed"],
  "${name}.unable": ["hub.unable", "router.unable"],
  "failover.${name}_does_not_hear": ["failover.router_does_not_hear", "failover.supervisor_does_not_hear"],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
};

/** The events that calls of that form name, each once. */
const eventsOf = (call: string, end = "") =>
  new Set(
    sources
      .flatMap((text) => [...text.matchAll(new RegExp(`${call}\\(\\s*["\`]([^"\`\\s]+\\.[^"\`\\s]+)["\`]${end}`, "g"))])
      .flatMap(([, event = ""]) => put[event] ?? [event]),
  );

/** In the first column. */
const namedIn = (table: string) =>
  [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names = ""]) => names.match(/[\w.]+/g) ?? []);

it("errors", () => {
  // What these two are told is logged by them.
  const passedOn = [...eventsOf("#break"), ...eventsOf("\\.end", ",")];
  const logged = new Set([...eventsOf("\\blog\\.error"), ...passedOn]);
  expect(logged.size).toBeGreaterThan(50);
  expect(namedIn(errors).sort()).toEqual([...logged].sort());
});

it("warnings, but for those that are told as errors, too", () => {
  const logged = new Set([...eventsOf("\\blog\\.warn"), ...eventsOf("#complain")]);
  const asErrors = namedIn(errors);
  expect(logged.size).toBeGreaterThan(60);
  expect(namedIn(warnings).sort()).toEqual([...logged].filter((event) => !asErrors.includes(event)).sort());
});

it("no other event is named by a variable", () => {
  const calls = sources.flatMap((text) => [...text.matchAll(/\blog\.(?:warn|error)\(\s*([^"`\s][^,)]*)/g)]);
  // Two of errors and one of warnings, see above, and those of a log around a log.
  expect(calls.map(([, event]) => event)).toEqual(["event", "event", "event", "event", "event"]);
});

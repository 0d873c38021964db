/** Where an imported inventory may be written, and whether the project's own check takes it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { ImportFinding } from "../../fleet/import/finding.ts";
import { fleetDir, loadFleet } from "../../fleet/load.ts";
import { OperatorError } from "../error.ts";

export interface Target {
  out: string;
  names: readonly string[];
  /** Whether files that are there may be replaced. */
  force: boolean;
  /** Paths of the startup files. */
  sources: readonly string[];
}

/** Refuses the inventory in use, the startup files themselves, and without force whatever is there. */
export function refuseTarget({ out, names, force, sources }: Target): void {
  const folder = realPath(out);
  if (folder === realPath(fleetDir)) {
    const what = `${out} is the inventory in use, which an import never writes`;
    throw new OperatorError("import.in-use", what, "Name another folder with --out, check it, and copy it then");
  }
  const paths = names.map((name) => join(folder, name));
  const own = sources.find((source) => paths.includes(realPath(source)));
  if (own !== undefined) {
    const what = `${own} is a startup file, and would be replaced by what is read from it`;
    throw new OperatorError("import.source", what, "Name another folder with --out");
  }
  const there = paths.filter((path) => existsSync(path));
  if (force || there.length === 0) return;
  const what = `${there.map((path) => basename(path)).join(", ")} ${there.length === 1 ? "is" : "are"} in ${out} already`;
  throw new OperatorError("import.exists", what, "Name another folder with --out, or replace them: --force");
}

/** What `tandem fleet check` would refuse, as the import's own errors. */
export function checkFiles(files: ReadonlyMap<string, string>, out: string): ImportFinding[] {
  if (files.size === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "tandem-import-"));
  try {
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    return loadFleet(folder).findings.flatMap(({ severity, ...finding }): ImportFinding[] =>
      severity === "error" ? [{ ...finding, severity, file: join(out, finding.file) }] : [],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files of an earlier import, or of anybody's, that the check would take for machines of this fleet. */
export function findStrangers(out: string, files: ReadonlyMap<string, string>): ImportFinding[] {
  const there = existsSync(out) ? readdirSync(out) : [];
  return there
    .filter((name) => name.endsWith(".yaml") && files.size > 0 && !files.has(name))
    .map((name) => ({
      severity: "warning",
      code: "out.stranger",
      file: join(out, name),
      line: 1,
      message: `${name} is in ${out} and none of this import's, but the check takes it for a machine's`,
      next: "Take it away if it is not of this fleet",
    }));
}

/** Each whole or as it was. @returns their paths */
export function writeFiles(out: string, files: ReadonlyMap<string, string>): string[] {
  mkdirSync(out, { recursive: true });
  return [...files].map(([name, text]) => {
    const path = join(out, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    return path;
  });
}

/** Through links; of a path that is not there yet, by the folder above it that is. */
function realPath(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole) || whole === dirname(whole)) return realpathSync(whole);
  return join(realPath(dirname(whole)), basename(whole));
}

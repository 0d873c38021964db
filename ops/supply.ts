/** `npm run supply`: what is inside each program, and whether all packages are what the lockfile may hold; ends with 1 when one is not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.ts";
import { whyNotAllowed } from "./supply/licences.ts";
import { type LockedPackage, readLockfile } from "./supply/lockfile.ts";

/** The address of a package's archive at any registry. */
const ofRegistry = /^https:\/\/[^/]+\/.+\/-\/[^/]+\.tgz$/;
const root = fileURLToPath(new URL("..", import.meta.url));

/** @param allowScripts of package.json: those whose install script was looked at, and whether it runs */
export function whyNot(one: LockedPackage, allowScripts: Readonly<Record<string, boolean>>): string[] {
  const { name, path, integrity, resolved, hasInstallScript } = one;
  return [
    whyNotAllowed(one) ?? [],
    integrity === undefined ? `${path} has no checksum in package-lock.json` : [],
    resolved !== undefined && !ofRegistry.test(resolved)
      ? `${path} comes from ${resolved}, which is no archive of a registry`
      : [],
    hasInstallScript && !(name in allowScripts)
      ? `${path} has an install script, of which allowScripts in package.json says nothing`
      : [],
  ].flat();
}

if (import.meta.main) {
  const { allowScripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    allowScripts: Record<string, boolean>; // our own file
  };
  const findings = [...readLockfile(root).values()].flatMap((one) => whyNot(one, allowScripts));
  const programs = Object.entries(await build()).map(([program, { packages }]) => ({
    program,
    packages: packages.map(({ name, version, license }) => ({ name, version, license })),
  }));
  const text = [
    ...programs.map(
      ({ program, packages }) =>
        `${program}: ${packages.map(({ name, version, license }) => `${name} ${version} (${license})`).join(", ") || "no package"}`,
    ),
    ...findings,
  ];
  process.exitCode = findings.length > 0 ? 1 : 0;
  process.stdout.write(
    `${process.argv.includes("--json") ? JSON.stringify({ programs, findings }) : text.join("\n")}\n`,
  );
}

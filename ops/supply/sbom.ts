/** The bill of materials of one of our programs, CycloneDX 1.6: each package whose code is in its bundle. The same lockfile gives the same bytes. */
import type { LockedPackage } from "./lockfile.ts";

export interface SbomSubject {
  /** @example "tandem-hub" */
  name: string;
  version: string;
}

export function sbomText(subject: SbomSubject, packages: readonly LockedPackage[]): string {
  const root = purlOf(subject);
  const components = packages.map(componentOf).toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", "bom-ref": root, ...subject, purl: root } },
    components,
    dependencies: [{ ref: root, dependsOn: components.map(({ purl }) => purl) }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function componentOf({ name, version, license, integrity }: LockedPackage) {
  const purl = purlOf({ name, version });
  const [algorithm = "", content = ""] = integrity?.split("-") ?? [];
  const hash = { alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(content, "base64").toString("hex") };
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    licenses: [{ expression: license }],
    purl,
    ...(integrity === undefined ? {} : { hashes: [hash] }),
  };
}

/** By the package URL specification; a scope's @ is encoded. */
const purlOf = ({ name, version }: SbomSubject) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

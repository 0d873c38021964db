import { describe, expect, it } from "vitest";
import { checkDirectories } from "../../../ops/doctor/directories.ts";
import { readHostFacts } from "../../../ops/doctor/host-facts.ts";

const folders = { config: "/etc/tandem", data: "/var/lib/tandem" };
const { config, data } = folders;
const container = (part: string, user: string, ...binds: string[]) => ({
  Name: `/${part}`,
  State: {},
  Config: { User: user },
  Mounts: binds.map((Source) => ({ Type: "bind", Source })),
});
const sockets = `${data}/sockets/supervisor`;
const containers = JSON.stringify([
  container("tandem-pc2-hub-3f2a9c0", "10900:10900", `${data}/hub`, sockets),
  container("tandem-pc2-supervisor", "0:10900", `${data}/supervisor`, sockets),
  container("tandem-pc2-nats", "10422:10422", `${config}/secrets/nats`),
  container("Twin", "11007:11007", `${data}/agents/Twin/logs`, `${config}/hubs/Twin`),
]);
const check = (directories: string, unmounted = "") => {
  const parts = { containers, directories, unmounted };
  const text = Object.entries(parts).map(([name, said]) => `\n== tandem: ${name}\n${said}\n`);
  return checkDirectories(readHostFacts(text.join("")), folders);
};

describe("the doctor, of directories,", () => {
  it.each([
    [`${data}/hub`, "-m 0700 -o 10900 -g 10900"],
    [sockets, "-m 0750 -o 0 -g 10900"],
    [`${data}/supervisor`, "-m 0700 -o 0 -g 0"],
    [`${data}/jetstream`, "-m 0700 -o 10422 -g 10422"],
    [`${data}/agents/Twin/logs`, "-m 0700 -o 11007 -g 11007"],
    [`${config}/hubs/Twin`, "-m 0750 -o 0 -g 11007"],
  ])("makes %s anew with its component's rights: %s", (path, rights) => {
    const script = `install -d ${rights} '${path}'`;
    expect(check(`missing ${path}`)).toMatchObject([{ found: `${path} is not there`, next: script, fix: { script } }]);
  });

  it("leaves configuration, and what it does not know, to others", () => {
    const left = check(`missing ${config}/secrets/nats\nmissing /srv/models`);
    expect(left.map(({ next }) => next)).toEqual([
      "tandem deploy writes its files again",
      expect.stringContaining("mkdir -p '/srv/models'"),
    ]);
    expect(left.flatMap(({ fix }) => fix ?? [])).toEqual([]);
  });

  it("makes nothing where several are gone or the disk of the data is not mounted", () => {
    const several = check(`missing ${data}/hub\nmissing ${data}/jetstream`);
    expect(several.map(({ status, next, fix }) => [status, fix, next.includes("findmnt")])).toEqual([
      ["fail", undefined, true],
      ["fail", undefined, true],
    ]);
    const [unmounted, ...more] = check(`missing ${data}/hub`, "/var/lib");
    expect(more).toEqual([]);
    expect(unmounted).toMatchObject({ found: expect.stringContaining("/var/lib of /etc/fstab is not mounted") });
    expect(unmounted?.fix).toBeUndefined();
  });

  it("finds one with another mode or owner than it was made with, and gives it back", () => {
    const well = [`750 0 10900 ${sockets}`, `700 10422 10422 ${data}/jetstream`, "755 0 0 /etc/tandem"];
    expect(check(well.join("\n"))).toEqual([]);
    expect(check(`700 10900 10900 ${sockets}\n755 10422 10422 ${data}/jetstream`)).toMatchObject([
      { status: "fail", fix: { script: `install -d -m 0750 -o 0 -g 10900 '${sockets}'` } },
      { status: "fail", fix: { script: `install -d -m 0700 -o 10422 -g 10422 '${data}/jetstream'` } },
    ]);
  });
});

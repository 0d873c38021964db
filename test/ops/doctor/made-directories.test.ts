import { expect, it } from "vitest";
import { Machine } from "../../../components/machine.ts";
import { parseStackConfig } from "../../../components/stack-config.ts";
import { checkDirectories } from "../../../ops/doctor/directories.ts";
import { recordResources, settled, stackValues } from "../../components/recorder.ts";
import { sampleAgent, standby } from "../../components/sample-agent.ts";
import { sampleBundles } from "../../components/sample-bundles.ts";

const made = /^set -eu\ninstall -d -m 0(\d+) -o (\d+) -g (\d+) '([^']+)'$/;

it("the doctor knows every directory that a machine's components make, with its rights", async () => {
  const on = { enabled: true };
  const site = parseStackConfig({ ...stackValues("pc2"), prometheus: on, grafana: on }, "pc2");
  const agents = [
    sampleAgent("Tutor", "pc2", {}, { data: "/app/data" }),
    sampleAgent("Twin", "mainpc", { mode: "cold", standby, route: 11_000 }),
  ];
  const recorded = await recordResources("pc2");
  const args = { site, fleet: { inventories: [], batches: [], agents }, bundles: sampleBundles() };
  await settled(new Machine("box", { ...args, grafanaPassword: "secret" }));
  const containers = recorded
    .filter(({ type }) => type === "docker:index/container:Container")
    .map(({ name, inputs }) => {
      const mounts = inputs.mounts as { type: string; source: string }[]; // as components/container.ts has them
      const binds = mounts.filter(({ type }) => type === "bind").map(({ source }) => source);
      return { name: String(inputs.name ?? name), pid: 0, user: String(inputs.user), binds };
    });
  const directories = recorded.flatMap(({ inputs }) => {
    const [, mode = "", uid, gid, path] = made.exec(String(inputs.create)) ?? [];
    return path === undefined ? [] : [{ path, rights: { mode, uid: Number(uid), gid: Number(gid) } }];
  });
  expect(directories.length).toBeGreaterThanOrEqual(13);
  expect(checkDirectories({ directories, unmounted: [], containers }, site.paths)).toEqual([]);
  for (const { path, rights } of directories) {
    const gone = checkDirectories(
      { directories: [{ path, rights: undefined }], unmounted: [], containers },
      site.paths,
    );
    const script = `install -d -m 0${rights.mode} -o ${rights.uid} -g ${rights.gid} '${path}'`;
    expect(gone, path).toMatchObject([{ fix: { script } }]);
  }
});

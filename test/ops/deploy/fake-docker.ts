/** A `docker` for PATH that shows the containers which a test has written down, and runs what is executed in one on this computer. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface FakeContainer {
  name: string;
  status?: string;
  health?: string;
  restarts?: number;
}

const program = (folder: string) => `#!/bin/sh
[ "$1" != --host ] || shift 2
case $1 in
  version) echo 20.10.24 ;;
  ps) echo all ;;
  inspect) cat '${folder}/inspect.json' ;;
  logs) for name; do :; done; echo "$name says why" ;;
  exec) shift 3; exec "$@" ;;
esac
`;

/** @returns the folder for PATH */
export function fakeDocker(folder: string): { path: string; show(containers: readonly FakeContainer[]): void } {
  const path = join(folder, "bin");
  mkdirSync(path);
  writeFileSync(join(path, "docker"), program(folder));
  chmodSync(join(path, "docker"), 0o755);
  const show = (containers: readonly FakeContainer[]) => {
    const facts = containers.map(({ name, status = "running", health = "healthy", restarts = 0 }) => ({
      Name: `/${name}`,
      RestartCount: restarts,
      State: { Status: status, OOMKilled: false, Health: { Status: health } },
      Config: { Image: `${name}:1` },
    }));
    writeFileSync(join(folder, "inspect.json"), JSON.stringify(facts));
  };
  show([]);
  return { path, show };
}

/** A project's folder and a `pulumi` beside it that only pretends to encrypt, for tests of tandem init. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");
/** What the project's folder has at first. */
export const projectFiles = ["Pulumi.yaml", "Pulumi.mainpc.yaml", "Pulumi.pc2.yaml"];

/** With a file `slow` in its home it takes 30 s to encrypt, with one `fails` it does not. */
const pulumi = `#!/bin/sh
case "$1 $2" in
"whoami "*) echo '{"url":"file:///nowhere"}' ;;
"stack ls") echo '[]' ;;
"config set")
  for word; do [ "$word" = --non-interactive ] || key=$word; done
  [ ! -e "$HOME/slow" ] || sleep 30
  cat >/dev/null
  [ ! -e "$HOME/fails" ] || exit 1
  file=Pulumi.$4.yaml
  awk -v key="tandem:$key" '{ print } /^config:/ { print "  " key ":\\n    secure: v1:x" }' "$file" >made && mv made "$file" ;;
esac
`;

/** Makes both in a folder. @returns the project's, and the PATH that finds that pulumi first */
export function pretendedProject(folder: string): { project: string; path: string } {
  const [bin, project] = [join(folder, "bin"), join(folder, "project")];
  for (const made of [bin, project]) mkdirSync(made);
  for (const name of projectFiles) copyFileSync(join(root, name), join(project, name));
  writeFileSync(join(bin, "pulumi"), pulumi, { mode: 0o755 });
  return { project, path: [bin, process.env.PATH].join(delimiter) };
}

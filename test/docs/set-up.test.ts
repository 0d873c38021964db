/** The pages that lead to a first `up` name all that it needs, in an order in which it works. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
/** What is typed, by page. */
const typed = ["README.md", ...docs.map((name) => join("docs", name))]
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, text: commandsOf(readFileSync(join(root, name), "utf8")) }));
const pages = typed.filter(({ text }) => text.includes("pulumi login "));

function commandsOf(page: string): string {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block).join("");
}

describe.each(pages)("$name", ({ text }) => {
  it("puts the Node that npm has brought into the PATH between its installation and the first run of the program", () => {
    const [install, path, program] = [
      /^npm ci /m,
      /^export PATH="\$PWD\/node_modules\/\.bin:\$PATH"/m,
      /^pulumi (preview|up)/m,
    ].map((line) => text.search(line));
    expect(install).toBeGreaterThanOrEqual(0);
    expect(path).toBeGreaterThan(install ?? 0);
    expect(program).toBeGreaterThan(path ?? 0);
  });

  it("names a home with a space in it as one word", () => {
    expect(text).not.toMatch(/(?<!")file:\/\/\$HOME/);
  });
});

it("are the README and the page of a new site", () => {
  expect(pages.map(({ name }) => name)).toEqual(["README.md", join("docs", "new-site.md")]);
});

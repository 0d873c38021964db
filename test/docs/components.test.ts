/** Every example of docs/components is compiled against the real components, as strictly as the repository is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs", "components");
const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));

/** A file for each block, where its page stands, so that its imports resolve as a reader would read them. */
const examples = new Map(
  pages.flatMap((page) =>
    [...readFileSync(join(folder, page), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""], index) => [
      join(folder, `${page.replace(".md", "")}-${index + 1}.ts`),
      code,
    ]),
  ),
);

/** A compiler on a busy computer is slow, ms. */
const timeout = 120_000;
const parsed = new Map<string, ts.SourceFile | undefined>();

describe("the pages of the components", { timeout }, () => {
  it("are one a component and an overview, each with an example that uses what it is about", () => {
    const text = readFileSync(join(root, "components", "index.ts"), "utf8");
    const files = ["ConfigFile", "SecretFile", "DataDirectory", "ModelDirectory", "LogRotation"];
    const servers = [
      "Machine",
      "Satellite",
      "JetStreamNode",
      "Pushgateway",
      "Hub",
      "Agent",
      "Prometheus",
      "Grafana",
      "VirtualIp",
      "Supervisor",
      "Router",
    ];
    for (const component of [...servers, ...files]) {
      const page = `${component.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}`;
      expect(text, component).toMatch(new RegExp(`\\b${component}\\b`));
      expect(examples.get(join(folder, `${page}-1.ts`)), page).toContain(`new ${component}(`);
    }
  });

  it("hold examples without a type error", () => {
    expect(problemsOf(examples)).toEqual([]);
  });

  it("would not pass with an argument that is not there", () => {
    const path = join(folder, "data-directory-1.ts");
    const broken = new Map([[path, (examples.get(path) ?? "").replace("{ reach, path:", "{ reach, paht: 1, path:")]]);
    expect(problemsOf(broken).join("\n")).toContain("'paht' does not exist in type");
  });
});

function problemsOf(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const code = files.get(path);
    if (code !== undefined) return ts.createSourceFile(path, code, language);
    // The second compilation reads the same libraries.
    if (!parsed.has(path)) parsed.set(path, getSourceFile(path, language, ...rest));
    return parsed.get(path);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
}

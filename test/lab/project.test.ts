import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readProject } from "../components/recorder.ts";
import { projectFile } from "./project.ts";

describe("the project of a lab", () => {
  it("is the repository's but for the program's place, whatever characters are in it", () => {
    const text = "name: tandem\nmain: index.ts\nruntime: { name: nodejs }\n";
    expect(parse(projectFile(text, "/home/a b/$&: #1/index.ts"))).toEqual({
      ...parse(text),
      main: "/home/a b/$&: #1/index.ts",
    });
  });

  it("would be refused for a project without a program", () => {
    expect(() => projectFile("name: tandem\n", "/index.ts")).toThrow("no line `main:`");
    expect(readProject().main).toBe("index.ts");
  });
});

import { expect, it } from "vitest";
import { parse } from "yaml";
import { parseStackConfig } from "../../../components/stack-config.ts";
import { Answers, answersExample } from "../../../ops/init/answers.ts";
import { stackValues } from "../../components/recorder.ts";

it("the answers take every image that a stack of the pair can name, so that a site can have all from its own registry", () => {
  const { platform: _, ...named } = parseStackConfig(stackValues("pc2"), "pc2").images;
  const images = Object.fromEntries(Object.keys(named).map((key) => [key, `registry.example.org/${key}:1`]));
  expect(Answers.parse({ ...parse(answersExample), images }).images).toEqual(images);
});

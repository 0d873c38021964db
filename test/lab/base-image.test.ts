import { describe, expect, it } from "vitest";
import { sourceOf } from "./base-image.ts";

const targets = [
  "Packages bookworm main http://deb.example.org/debian/",
  "Translations bookworm main http://deb.example.org/debian/",
  "Packages bookworm contrib http://deb.example.org/debian/",
  "Packages bookworm-security main http://security.example.org/",
  "Packages stable main https://elsewhere.example.org/apt/",
].join("\n");

describe("the source of a base made by debootstrap", () => {
  it("is where apt itself gets the distribution from, with its components", () => {
    expect(sourceOf(targets, "bookworm")).toEqual({
      uri: "http://deb.example.org/debian/",
      components: ["main", "contrib"],
    });
  });

  it("is refused with what to do when apt knows none", () => {
    expect(() => sourceOf(targets, "trixie")).toThrow("apt knows no source of trixie");
  });
});

/** Makes new inputs of known ones: by the form of the target's format mostly, blindly else. */
import { parse, stringify } from "yaml";
import { type Random, seededRandom } from "../../../ops/chaos/random.ts";
import { type Material, mutateBytes } from "./mutate-bytes.ts";
import { mutateTree } from "./mutate-tree.ts";
import { mutateWire } from "./mutate-wire.ts";
import type { Target } from "./target.ts";

const drawnAtOnce = 100;
/** Files of a folder in one input, each behind a line of its name. @example "=== mainpc.yaml" */
const fileLine = /^(=== .*)$/m;

export class Mutator {
  readonly #target: Target;
  readonly #random: Random;
  readonly #maxBytes: number;
  #drawn: unknown[] = [];
  #used = 0;

  constructor(target: Target, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#maxBytes = target.maxBytes ?? 16_384;
    this.#draw();
  }

  next(pool: readonly Buffer[]): Buffer {
    const random = seededRandom(this.#random.between(0, 2 ** 32 - 1));
    // What was found last leads on to more.
    const recent = Math.max(0, pool.length - 1 - Math.floor(pool.length / 5));
    const input = pool[random.between(random.chance(0.5) ? recent : 0, pool.length - 1)] ?? Buffer.alloc(0);
    const material: Material = { random, tokens: this.#target.tokens, other: random.pick(pool) };
    return this.#change(input, material).subarray(0, this.#maxBytes);
  }

  #change(input: Buffer, material: Material): Buffer {
    const { random } = material;
    const { form, name } = this.#target;
    if (form === "bytes" || random.chance(0.3)) return mutateBytes(input, material);
    if (form === "wire") return mutateWire(input, material, name === "protobuf");
    if (random.chance(0.1) && this.#drawn.length > 0 && form === "json") return this.#drawnInput();
    return form === "json" ? this.#json(input, material) : this.#yaml(input, material);
  }

  #json(input: Buffer, material: Material): Buffer {
    // Where each line is a value, one of them changes.
    const lines = input.toString().split("\n");
    const at = material.random.between(0, lines.length - 1);
    try {
      if (lines.length === 1) return Buffer.from(jsonText(this.#tree(JSON.parse(input.toString()), material)));
      return Buffer.from(lines.with(at, jsonText(this.#tree(JSON.parse(lines[at] ?? ""), material))).join("\n"));
    } catch {
      return mutateBytes(input, material);
    }
  }

  #yaml(input: Buffer, material: Material): Buffer {
    const parts = input.toString().split(fileLine);
    const at = 2 * material.random.between(0, Math.floor(parts.length / 2));
    try {
      const text = stringify(this.#tree(parse(parts[at] ?? ""), material), { aliasDuplicateObjects: false });
      return Buffer.from(parts.with(at, at === 0 ? text : `\n${text}`).join(""));
    } catch {
      return mutateBytes(input, material);
    }
  }

  #tree(value: unknown, { random, tokens }: Material): unknown {
    if (++this.#used % 2_000 === 0) this.#draw();
    return mutateTree(value, { random, tokens, drawn: this.#drawn });
  }

  #drawnInput(): Buffer {
    return Buffer.from(jsonText(this.#random.pick(this.#drawn)));
  }

  #draw(): void {
    this.#drawn = this.#target.draw?.(this.#random.between(0, 2 ** 31 - 1), drawnAtOnce) ?? [];
  }
}

const jsonText = (value: unknown) => JSON.stringify(value) ?? "null";

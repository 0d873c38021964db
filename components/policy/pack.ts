/** The policy pack: lends the rules what the engine plans, `pulumi preview --policy-pack components/policy`. */
import { type Policies, PolicyPack, UnknownValueError } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { namedSecretsKeys, singleSecretKeys } from "../site.ts";
import type { Declared, Known, Rule, Violation } from "./declared.ts";
import { rules } from "./rules.ts";

new PolicyPack("tandem", { enforcementLevel: "mandatory", policies: rules.map(policyOf) });

function policyOf(rule: Rule): Policies[number] {
  const { name, description, scope, check } = rule;
  if (scope === "resource")
    return {
      name,
      description,
      validateResource: (resource, report) => {
        for (const violation of check([declaredOf(resource)], known())) report(textOf(violation));
      },
    };
  return {
    name,
    description,
    validateStack: ({ resources }, report) => {
      for (const violation of check(resources.map(declaredOf), known()))
        report(textOf(violation), resources.find((one) => one.name === violation.resource)?.urn);
    },
  };
}

const textOf = ({ resource, what, next }: Violation) => `${resource}: ${what}\n→ ${next}`;

interface Planned {
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: { protect: boolean };
}

function declaredOf({ type, name, props, opts }: Planned): Declared {
  return { type, name, props: withoutUnknown(props), protect: opts.protect };
}

/** The engine's own objects throw when a value is read that a preview does not know; null is what a provider leaves empty. */
function withoutUnknown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const read = (key: string | number): unknown[] => {
    try {
      const found = withoutUnknown(Reflect.get(value, key));
      return found === null ? [] : [found];
    } catch (error) {
      if (error instanceof UnknownValueError) return [];
      throw error;
    }
  };
  if (Array.isArray(value)) return [...value.keys()].flatMap(read);
  return Object.fromEntries(Object.keys(value).flatMap((key) => read(key).map((found) => [key, found])));
}

/** The stack's secrets, which the engine hands to a pack in the open. */
function known(): Known {
  const config = new pulumi.Config("tandem");
  const single = singleSecretKeys.map((name) => ({ name, value: config.get(name) ?? "" }));
  const named = namedSecretsKeys.flatMap((key) =>
    Object.entries(config.getObject<Record<string, unknown>>(key) ?? {}).map(([name, value]) => ({
      name: `${key}.${name}`,
      value: String(value),
    })),
  );
  return { secrets: [...single, ...named].filter(({ value }) => value !== "") };
}

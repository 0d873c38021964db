/** The rule that no secret stands where every process list, `docker inspect` and image shows it. */
import { z } from "zod";
import { patternsOf, secretsIn } from "../../ops/secrets/patterns.ts";
import { containersOf, type Declared, ofKind, type Rule, type Violation } from "./declared.ts";
import { looksSecret } from "./looks-secret.ts";

const Built = z.object({ build: z.object({ args: z.record(z.string(), z.string()).default({}) }).prefault({}) });
const Command = z.object({
  environment: z.record(z.string(), z.string()).default({}),
  create: z.string().default(""),
  update: z.string().default(""),
  delete: z.string().default(""),
});

/** A text that is no secret's place, and the name under which it stands there. */
interface Open {
  resource: string;
  place: string;
  name?: string;
  text: string;
}

export const noSecretInTheOpen: Rule = {
  name: "no-secret-in-the-open",
  description: "No environment, command line, label or build argument holds a secret",
  scope: "resource",
  check: (declared, { secrets }) => {
    const patterns = secrets.flatMap(patternsOf);
    return openTexts(declared).flatMap(({ resource, place, name = "", text }): Violation[] => {
      const [known] = secretsIn(text, patterns);
      const fault = known ?? looksSecret(text, name);
      if (fault === undefined) return [];
      // Never the text itself.
      return [{ resource, what: `${place}${name === "" ? "" : ` ${name}`} holds ${fault}`, next: how }];
    });
  },
};

const how =
  "Hand it over in a file: SecretFile, or container.secrets of the agent; then take a new secret, since this one was open";

function openTexts(declared: readonly Declared[]): Open[] {
  const containers = containersOf(declared).flatMap(({ name: resource, props }): Open[] => [
    ...props.envs.map((env) => ({ resource, place: "the environment", ...variableOf(env) })),
    { resource, place: "the command line", text: [...props.entrypoints, ...props.command].join("\n") },
    ...props.labels.map(({ label, value }) => ({ resource, place: "the label", name: label, text: value })),
  ]);
  const images = ofKind(declared, "image", Built).flatMap(({ name: resource, props }) =>
    Object.entries(props.build.args).map(([name, text]) => ({ resource, place: "the build argument", name, text })),
  );
  const commands = declared
    .filter(({ type }) => /^command:(local|remote):Command$/.test(type))
    .flatMap(({ name: resource, props }): Open[] => {
      const { environment, ...scripts } = Command.parse(props);
      const variables = Object.entries(environment).map(([name, text]) => ({
        resource,
        place: "the environment",
        name,
        text,
      }));
      return [...variables, { resource, place: "the script", text: Object.values(scripts).join("\n") }];
    });
  return [...containers, ...images, ...commands];
}

function variableOf(env: string): { name: string; text: string } {
  const at = env.indexOf("=");
  return at < 0 ? { name: env, text: "" } : { name: env.slice(0, at), text: env.slice(at + 1) };
}

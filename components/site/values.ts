/** The single values of a stack's configuration: each with its check, what was expected in words, and an example. */
import { z } from "zod";
import { publicKeyPattern } from "../nats-auth.ts";

/** A whole number; Pulumi hands numbers on as text where they were set as text. */
export const whole = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value),
    z.number(`a whole number from ${min} to ${max}`).int().min(min).max(max),
  );
/** A share in percent; text, since Pulumi declares no fractions. */
export const percent = z
  .preprocess(
    (value) => (typeof value === "number" ? String(value) : value),
    z.string().regex(/^[5-9]\d(\.\d{1,3})?$/, "a percentage from 50 to 99.999 like 99.9"),
  )
  .meta({ example: "99.9" });
export const port = (value: number) => whole(1, 65_535).default(value).meta({ example: value });
export const mib = (value: number, min: number) => whole(min, 16_777_216).default(value).meta({ example: value });
export const text = (example: string) => z.string(`text like ${example}`).min(1).meta({ example });
export const path = (value: string) =>
  z
    .string()
    .regex(/^\/[\w./-]*[\w-]$/, `an absolute path like ${value}`)
    .default(value)
    .meta({ example: value });
export const host = z
  .string("an address like 192.0.2.10")
  // A name or IPv4 address without a colon, or an IPv6 address with two at least.
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[\dA-Fa-f]*:[\dA-Fa-f]*:[\dA-Fa-f:.]*)$/,
    "an address like 192.0.2.10, without scheme or port",
  )
  .meta({ example: "192.0.2.10" });
/** Of text that ends in a port; what ends otherwise is for its pattern to refuse. */
export const portInBounds = (text: string): boolean => {
  const port = Number(/:(\d+)$/.exec(text)?.[1] ?? 1);
  return port >= 1 && port <= 65_535;
};
export const hostAndPort = z
  .string()
  .regex(/^([A-Za-z0-9._-]+|\[[\dA-Fa-f:.]+\]):\d+$/, "an address and a port like 192.0.2.10:9093")
  .refine(portInBounds, "a port from 1 to 65535 behind the address, as in 192.0.2.10:9093")
  .meta({ example: "192.0.2.10:9093" });
export const metricName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of a metric like queue_depth")
  .meta({ example: "queue_depth" });
export const machineName = z
  .string("a name like mainpc")
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "a name of letters, digits, - and _, like mainpc")
  .meta({ example: "mainpc" });

/** Yes or no; Pulumi hands these on as text where they were set as text. */
export const flag = (value: boolean) =>
  z
    .preprocess((given) => (given === "true" ? true : given === "false" ? false : given), z.boolean("true or false"))
    .default(value)
    .meta({ example: value });

const hostKeyPattern = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}$/;
export const hostKeyExample = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…";
export const hostKey = z
  .string()
  .regex(hostKeyPattern, `type and key as \`ssh-keyscan\` prints them, like ${hostKeyExample}`)
  .or(z.literal(""))
  .default("")
  .meta({ example: hostKeyExample });

export const publicKey = z
  .string()
  .regex(publicKeyPattern, "a public NKey of a user: U and 55 letters and digits")
  .or(z.literal(""))
  .default("")
  .meta({ example: "UCK5N7N66OBOINFXAYC2ACJQYFSOD4VYNU6APEJTAVFZB2SVHLKGEW7L" });
export const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/, "a certificate in PEM")
  .or(z.literal(""))
  .default("")
  .meta({ example: "-----BEGIN CERTIFICATE-----…" });

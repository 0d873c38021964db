/** A resource as the rules see it, and the arguments of the providers' resources that they look at. */
import { z } from "zod";

/** What a preview does not know yet, or a program leaves out, is missing in `props`. */
export interface Declared {
  /** @example "docker:index/container:Container" */
  type: string;
  name: string;
  props: unknown;
  protect: boolean;
}

export const Container = z.object({
  image: z.string().optional(),
  entrypoints: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  envs: z.array(z.string()).default([]),
  labels: z.array(z.object({ label: z.string(), value: z.string().default("") })).default([]),
  user: z.string().optional(),
  privileged: z.boolean().default(false),
  capabilities: z.object({ adds: z.array(z.string()).default([]) }).prefault({}),
  pidMode: z.string().optional(),
  ipcMode: z.string().optional(),
  mounts: z
    .array(z.object({ type: z.string().optional(), source: z.string().optional(), target: z.string().optional() }))
    .default([]),
  /** The older way to mount, which nothing of ours uses. */
  volumes: z.array(z.object({ volumeName: z.string().optional(), hostPath: z.string().optional() })).default([]),
  ports: z.array(z.object({ external: z.number().optional() })).default([]),
  healthcheck: z.object({ tests: z.array(z.string()).default([]) }).optional(),
});
export type Container = z.infer<typeof Container>;

/** The Docker provider's own names of what it makes. */
export const types = {
  container: "docker:index/container:Container",
  remoteImage: "docker:index/remoteImage:RemoteImage",
  image: "docker:index/image:Image",
  volume: "docker:index/volume:Volume",
} as const;

/** Of that kind among those, with their arguments. */
export function ofKind<T>(
  declared: readonly Declared[],
  kind: keyof typeof types,
  schema: { parse(value: unknown): T },
): (Declared & { props: T })[] {
  const found = declared.filter(({ type }) => type === types[kind]);
  return found.map((resource) => ({ ...resource, props: schema.parse(resource.props) }));
}

export const containersOf = (declared: readonly Declared[]) => ofKind(declared, "container", Container);

export interface Violation {
  /** Name of the resource. */
  resource: string;
  what: string;
  next: string;
}

export interface Rule {
  /** @example "image-has-a-tag" */
  name: string;
  /** What holds, in a sentence. */
  description: string;
  /** Whether one resource can be judged alone, before it is made, or only all of them together. */
  scope: "resource" | "stack";
  check(declared: readonly Declared[], known: Known): Violation[];
}

/** What the rules cannot see in a resource. */
export interface Known {
  /** Those of the site, to be looked for. */
  secrets: readonly { name: string; value: string }[];
}

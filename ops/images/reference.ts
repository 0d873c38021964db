/** The name of an image, taken apart as Docker does. Pure. */

export interface ImageReference {
  /** Host, and port where one is named. @example "registry-1.docker.io" */
  registry: string;
  /** @example "library/nats" */
  repository: string;
  /** Undefined where only a digest is named. */
  tag: string | undefined;
  /** `sha256:…`; undefined where the image is not pinned. */
  digest: string | undefined;
}

const hub = "registry-1.docker.io";

/** @returns undefined for what is no name of an image in a registry, such as the id of one */
export function readReference(image: string): ImageReference | undefined {
  const [, named = "", digest] = /^([^@\s]+)(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  // Docker's rule: without a dot, a port or this name it is a user of Docker Hub.
  const isHost = /[.:]/.test(first) || first === "localhost";
  const path = isHost ? named.slice(slash + 1) : named;
  const [, repository, tag] = /^([a-z0-9]+(?:(?:\.|__?|-+|\/)[a-z0-9]+)*)(?::(\w[\w.-]{0,127}))?$/.exec(path) ?? [];
  if (repository === undefined || named.startsWith("sha256:")) return undefined;
  const isHub = !isHost || first === "docker.io" || first === "index.docker.io";
  return {
    registry: isHub ? hub : first,
    repository: isHub && !repository.includes("/") ? `library/${repository}` : repository,
    tag: tag ?? (digest === undefined ? "latest" : undefined),
    digest,
  };
}

/** The same image, pinned: the tag stays, for people and for the next look. */
export const pinned = (image: string, digest: string): string => `${image.split("@", 1)[0]}@${digest}`;

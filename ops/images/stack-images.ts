/** The images that a stack runs of others, and their pinning in the stack's file. */
import { parseDocument } from "yaml";
import type { StackSite } from "../../components/site.ts";

/** Keys of `images`. */
export const imageKeys = ["nats", "pushgateway", "hubBase", "prometheus", "grafana", "keepalived", "hub"] as const;
export type ImageKey = (typeof imageKeys)[number];

/** Of those that the stack uses. */
export function imagesOf(site: StackSite): { key: ImageKey; image: string }[] {
  const { images } = site;
  const isPair = site.role !== "satellite";
  const used: Record<ImageKey, boolean> = {
    nats: isPair,
    pushgateway: isPair,
    hubBase: isPair ? images.hub === "" : site.ssh.become === "docker",
    hub: isPair && images.hub !== "",
    prometheus: site.prometheus.enabled,
    grafana: site.grafana.enabled,
    keepalived: images.keepalived !== "",
  };
  return imageKeys.flatMap((key) => (used[key] ? [{ key, image: images[key] }] : []));
}

/** @returns the text of the stack's file with these images; its comments stay */
export function withImages(text: string, images: Partial<Record<ImageKey, string>>): string {
  const document = parseDocument(text);
  for (const [key, image] of Object.entries(images)) document.setIn(["config", "tandem:images", key], image);
  return document.toString({ lineWidth: 0 });
}

/** TLS at the hub's port: one schema is check, type and document. */
import { z } from "zod";

const File = z.string().startsWith("/");

export const TlsConfig = z.strictObject({
  /**
   * This machine's certificate in PEM, and what leads to the CA; absolute, as the next two, and read again when it changes. Its name, as
   * common name or as DNS name, is the machine's, by which the peer's hub knows this one.
   */
  certFile: File,
  /** The certificate's private key in PEM. */
  keyFile: File,
  /** The CA of both hubs' certificates, or several. Whoever has a certificate of it for the peer's name is the peer. */
  caFile: File,
  /** Who may come without TLS: everybody, who comes from this machine, or nobody. */
  plain: z.enum(["all", "here", "none"]).default("here"),
});
export type TlsConfig = z.infer<typeof TlsConfig>;

/** Of a server that is asked by TLS: which CA its certificate is of, and which name it has. */
export const TlsTarget = z.strictObject({ caFile: File, machine: z.string().min(1) });
export type TlsTarget = z.infer<typeof TlsTarget>;

/** Takes a PEM text apart: a certificate with the CAs that lead to its root, or several CAs, one after the other. */

/** Each certificate's block, in order; empty where there is none. */
export const certificateBlocks = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

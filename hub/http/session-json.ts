/** How an operator signs in to the page: one schema is check, type and document. */
import { z } from "zod";

export const sessionPath = "/api/v1/session";
/** POST, at the hub's socket only: a code that signs a browser in once, within minutes. */
export const signInCodesPath = "/api/v1/session/codes";
/** DELETE, at the hub's socket only: signs everybody out. */
export const allSessionsPath = "/api/v1/session/all";

export const SignInCode = z.strictObject({ code: z.string(), until: z.string() });
export type SignInCode = z.infer<typeof SignInCode>;

export const SessionView = z.strictObject({
  /** Who signed in, as the command that made the code said. */
  by: z.string(),
  until: z.string(),
});
export type SessionView = z.infer<typeof SessionView>;

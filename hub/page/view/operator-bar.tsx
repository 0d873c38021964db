/** Who is signed in, and what the hub said to the last order; to nobody it says how to sign in. */

import type { OperatorState } from "../operator.ts";
import { clockText } from "../words.ts";
import type { OperatorActions } from "./actions.ts";
import type { Look } from "./look.tsx";

export interface OperatorBarProps {
  state: OperatorState;
  /** The hub that served the page takes orders from it, no other one. */
  lostHome: string | undefined;
  look: Look;
  act: OperatorActions;
}

export function OperatorBar({ state: { session, said, form }, lostHome, look, act }: OperatorBarProps) {
  if (session === undefined && said === undefined) return null;
  // A form that is drawn says it itself.
  const isInForm = form !== undefined && session !== undefined && lostHome === undefined;
  return (
    <section class="operator" aria-label="Operator">
      {session === undefined ? null : (
        <p>
          Signed in as <strong>{session.by}</strong> until {clockText(session.until, look.nowMs, look.zone)}
          {lostHome === undefined ? null : `, at ${lostHome}, which does not answer: no orders can be given from here`}{" "}
          <button type="button" class="deed" onClick={() => act.signOut()}>
            Sign out
          </button>
        </p>
      )}
      <p class={said === undefined ? "unseen" : `said is-${said.ok ? "well" : "trouble"}`} role="status">
        {said === undefined || isInForm ? "" : said.text}
      </p>
    </section>
  );
}

export const signInHint = (
  <p class="sign-in">
    Maintenance, switchovers and silences are for operators: <code>tandem sign-in</code>, given in the folder of the
    site's stacks, prints an address that opens this page for one.
  </p>
);

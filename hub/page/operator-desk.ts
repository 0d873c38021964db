/** Carries an operator's orders from the page's forms to the hub, one at a time, and says what came of each. */
import {
  endMaintenance,
  endSilence,
  give,
  type OperatorState,
  type OrderFields,
  type OrderForm,
  type Outcome,
  readSession,
  signIn,
  signOut,
  takeSignInCode,
} from "./operator.ts";
import type { OperatorActions } from "./view/actions.ts";

export interface OperatorDesk {
  state(): OperatorState;
  set(change: Partial<OperatorState>): void;
  /** An order was carried out: what it changed should be read soon. */
  onDone(): void;
}

export class Operator implements OperatorActions {
  readonly #desk: OperatorDesk;
  /** The hub was asked last who is signed in, and did not say. */
  #isUnsure = false;

  constructor(desk: OperatorDesk) {
    this.#desk = desk;
  }

  /** Signs in by the code in the address, if there is one, and asks who is signed in. */
  async begin(): Promise<void> {
    const code = takeSignInCode();
    const outcome = code === undefined ? undefined : await signIn(code);
    const known = await this.#look();
    const { session } = { ...this.#desk.state(), ...known };
    const said =
      outcome === undefined || session !== undefined || (outcome.ok && this.#isUnsure)
        ? undefined
        : { ok: false, text: `Not signed in: ${outcome.text}` };
    this.#desk.set({ ...known, said });
  }

  /** The hub that served the page feeds it, again or for the first time. */
  async atHome(): Promise<void> {
    if (this.#isUnsure) this.#desk.set(await this.#look());
  }

  open(form: OrderForm): void {
    this.#desk.set({ form, said: undefined });
  }

  cancel(): void {
    this.#desk.set({ form: undefined, said: undefined });
  }

  give(form: OrderForm, fields: OrderFields): void {
    void this.#carryOut((by) => give(form, fields, by));
  }

  endMaintenance(target: string): void {
    void this.#carryOut((by) => endMaintenance(target, by));
  }

  endSilence(target: string): void {
    void this.#carryOut((by) => endSilence(target, by));
  }

  async signOut(): Promise<void> {
    const outcome = await signOut();
    const said = outcome.ok ? { ok: true, text: "Signed out" } : outcome;
    this.#desk.set({ ...(await this.#look()), said });
  }

  async #carryOut(deed: (by: string) => Promise<Outcome>): Promise<void> {
    const { session, busy } = this.#desk.state();
    if (session === undefined || busy === true) return;
    this.#desk.set({ busy: true, said: undefined });
    const said = await deed(session.by);
    // The form stays open where the order was refused, with what was typed in it.
    this.#desk.set({ busy: false, said, ...(said.ok ? { form: undefined } : {}) });
    if (said.ok) this.#desk.onDone();
    else this.#desk.set(await this.#look());
  }

  /** Without an answer of the hub everything stays as it was: whoever is signed in is so still, and should see it. */
  async #look(): Promise<Pick<OperatorState, "session">> {
    const session = await readSession();
    this.#isUnsure = session === "unknown";
    return session === "unknown" ? {} : { session };
  }
}

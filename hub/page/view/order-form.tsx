/** The form of an order: how long and why, or, for a switchover, the service's name typed out. Fields keep what is typed in them. */

import type { OrderForm } from "../operator.ts";
import { countText } from "../words.ts";
import type { OperatorSeat } from "./actions.ts";

export interface FormForProps {
  operator: OperatorSeat | undefined;
  kind: OrderForm["kind"];
  subject: string;
}

/** The open form, if it is about this; it stands beside what it is about. */
export function FormFor({ operator, kind, subject }: FormForProps) {
  const form = operator?.state.form;
  if (operator === undefined || form === undefined || form.kind !== kind || subjectOf(form) !== subject) return null;
  return <OpenForm form={form} operator={operator} />;
}

const subjectOf = (form: OrderForm) => (form.kind === "switchover" ? form.service : form.target);

function OpenForm({ form, operator: { state, act } }: { form: OrderForm; operator: OperatorSeat }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const fields = new FormData(event.currentTarget);
    act.give(form, { minutes: Number(fields.get("minutes") ?? 0), reason: String(fields.get("reason") ?? "").trim() });
  };
  const { title, button } = words(form);
  return (
    <form
      class="order"
      aria-label={title}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Escape") act.cancel();
      }}
    >
      <p class="order-title">{title}</p>
      {form.kind === "switchover" ? <Confirmation name={form.service} /> : <TimeAndReason />}
      {/* One that is disabled would lose the focus, and Escape would lead nowhere. */}
      <button type="submit" class="choice" aria-disabled={state.busy === true}>
        {state.busy === true ? "Under way…" : button}
      </button>
      <button type="button" class="choice" onClick={() => act.cancel()}>
        Cancel
      </button>
      {state.said === undefined || state.said.ok ? null : (
        <p class="refusal is-trouble" role="alert">
          {state.said.text}
        </p>
      )}
    </form>
  );
}

function words(form: OrderForm): { title: string; button: string } {
  switch (form.kind) {
    case "maintenance":
      return {
        title: `Maintenance of ${form.target}: it is judged, but neither alerted about nor moved`,
        button: "Begin",
      };
    case "silence":
      return { title: `Silence ${form.target}: nobody is notified of it meanwhile`, button: "Silence" };
    case "switchover":
      return { title: `Move ${form.service} from ${form.from} to ${form.to}`, button: "Switch over" };
  }
}

/** The button that opened the form has the focus until then. */
const focus = (field: HTMLInputElement | null) => field?.focus();

const longestMinutes = 30 * 24 * 60;

function TimeAndReason() {
  return (
    <>
      <label>
        Minutes
        <input name="minutes" type="number" min="1" max={longestMinutes} step="1" defaultValue="30" required />
      </label>
      <label class="wide">
        Reason
        <input name="reason" type="text" maxLength={200} autocomplete="off" required ref={focus} />
      </label>
    </>
  );
}

/** A name is typed slower than a button is pressed. */
function Confirmation({ name }: { name: string }) {
  const literal = name.replaceAll(/[^\w]/g, (sign) => `\\${sign}`);
  return (
    <label class="wide">
      {`Type ${name} to confirm`}
      <input
        name="confirmation"
        type="text"
        pattern={literal}
        title={`${name}, all ${countText(name.length, "letter")} of it`}
        autocomplete="off"
        spellcheck={false}
        required
        ref={focus}
      />
    </label>
  );
}

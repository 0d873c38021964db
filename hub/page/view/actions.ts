/** What a reader can do; missing where no script runs. */
import type { OperatorState, OrderFields, OrderForm } from "../operator.ts";
import type { Span } from "../past/scrub.ts";
import type { Health, TimelineChoice } from "../state.ts";

export interface Actions {
  filterText(text: string): void;
  filterHealth(health: Health | "all"): void;
  focusTile(id: string): void;
  hoverTile(id: string): void;
  /** Shows what an agent needs and what hangs below it; undefined shows nobody's. */
  choose(id: string | undefined): void;
  key(event: KeyboardEvent): void;
  filterKinds(choice: TimelineChoice): void;
  loadOlder(): void;
  /** Where the charts are drawn; null when that place is gone. */
  drawCharts(place: HTMLElement | null): void;
  scrub: ScrubActions;
  operator: OperatorActions;
}

/** Looks at how it was; what has an end of the scrubber at hand goes there. */
export interface ScrubActions {
  /** Wall ms; now or later is back to now. */
  to(atMs: number): void;
  /** By so much, or to the entry that came before or after. */
  by(step: number | "earlier" | "later"): void;
  now(): void;
  span(span: Span): void;
}

export interface OperatorActions {
  open(form: OrderForm): void;
  cancel(): void;
  give(form: OrderForm, fields: OrderFields): void;
  endMaintenance(target: string): void;
  endSilence(target: string): void;
  signOut(): void;
}

/** What a section needs to show controls of an operator; undefined where nobody signed in. */
export interface OperatorSeat {
  state: OperatorState;
  act: OperatorActions;
}

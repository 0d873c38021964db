/** The first thing that is read: one sentence on how things stand, and what follows from it. */
import type { Headline } from "../headline.ts";
import { Mark } from "./look.tsx";

export function HeadlinePanel({ level, title, spoken, details }: Headline) {
  return (
    <header class="headline">
      <Mark tone={level} />
      <div class="headline-text">
        <h1>{title}</h1>
        {details.map((sentence, at) => (
          <p key={at}>{sentence}</p>
        ))}
      </div>
      <p class="unseen" role="status">
        {spoken}
      </p>
    </header>
  );
}

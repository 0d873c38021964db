/** A section's title, and beside it why what it shows may be old. */
import type { ComponentChildren } from "preact";

export interface SectionHeadProps {
  id: string;
  title: string;
  /** What stands beside the title in small letters. */
  count?: string | undefined;
  /** Why it is old; undefined while it is fresh. */
  old: string | undefined;
  children?: ComponentChildren;
}

export function SectionHead({ id, title, count, old, children }: SectionHeadProps) {
  return (
    <div class="section-head">
      <h2 id={id}>
        {title}
        {count === undefined ? null : <span class="count"> {count}</span>}
      </h2>
      {old === undefined ? null : <p class="old-note">{old}</p>}
      {children}
    </div>
  );
}

/** Of a section that is old the tones are taken away. */
export const sectionClass = (name: string, old: string | undefined): string =>
  old === undefined ? name : `${name} stale`;

/** A section of which nothing is known yet, because the hub does not tell it now. */
export function Untold({ id, title, old }: { id: string; title: string; old: string }) {
  return (
    <section class="untold" aria-labelledby={id}>
      <SectionHead id={id} title={title} old={old} />
    </section>
  );
}

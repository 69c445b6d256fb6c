import type { ComponentChildren } from 'preact';

/** A name and its value; nothing when the value is empty. */
export type Fact = readonly [name: string, value: ComponentChildren];

/** A card with a title and a list of facts. Empty ones are left out. */
export function FactCard({
  title,
  facts,
  children,
}: {
  title: string;
  facts: readonly Fact[];
  children?: ComponentChildren;
}) {
  return (
    <section class="card">
      <h3 class="card__title">{title}</h3>
      {children}
      <Facts facts={facts} />
    </section>
  );
}

/** The facts that have a value. */
export function Facts({ facts, wide = false }: { facts: readonly Fact[]; wide?: boolean }) {
  return (
    <dl class={wide ? 'facts facts--wide' : 'facts'}>
      {facts
        .filter(([, value]) => value !== '' && value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

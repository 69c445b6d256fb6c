import { Button, TextInput, type TextInputProps } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from '../app/navigation.tsx';
import { useFormat, useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

interface PageTitleProps {
  readonly title: string;
  /** What the heading shows instead of the title. */
  readonly shown?: ReactNode;
  readonly children?: ReactNode;
}

let first = true;

/** The page's heading and the tab's title. The heading takes the focus when the page was opened by a link. */
export function PageTitle({ title, shown, children }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Test Service`;
  }, [title]);
  useEffect(() => {
    const active = document.activeElement;
    // On the first page, and while the reader types, the focus stays where it is.
    if (!first && !(active instanceof HTMLInputElement)) heading.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return (
    <div className="page-title">
      <h1 ref={heading} tabIndex={-1} aria-label={shown === undefined ? undefined : title}>
        {shown ?? title}
      </h1>
      {children}
    </div>
  );
}

export type Fact = readonly [name: string, value: ReactNode];

/** Names and values; those without a value are left out. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== '' && value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A card with a title. */
export function Card({
  title,
  children,
  className = '',
}: {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  return (
    <section className={`card ${className}`}>
      <h2 className="card__title">{title}</h2>
      {children}
    </section>
  );
}

const ROW_PX = 36;

/** Stands for so many rows that are being read, and takes their place. */
export function Skeleton({ rows }: { readonly rows: number }) {
  const t = useTexts(commonTexts);
  return (
    <div className="skeleton" role="status" aria-busy="true" style={{ height: rows * ROW_PX }}>
      <span className="hidden">{t.loading}</span>
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  /** Why that is so, or what would be here. */
  readonly hint?: string;
  /** What to do about it: the text and the address of each. */
  readonly actions?: readonly (readonly [text: string, href: string])[];
}

/** Stands for a list without rows. */
export function Empty({ title, hint, actions = [] }: EmptyProps) {
  return (
    <div className="empty">
      <p className="empty__title">{title}</p>
      {hint !== undefined && <p>{hint}</p>}
      {actions.map(([text, href]) => (
        <Button key={href} component={Link} href={href} size="xs" variant="default">
          {text}
        </Button>
      ))}
    </div>
  );
}

/** An instant in the reader's time zone, with the exact one as a tooltip. */
export function Instant({ at, timeOnly = false }: { readonly at: string | number; readonly timeOnly?: boolean }) {
  const format = useFormat();
  const date = new Date(at);
  const iso = Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {timeOnly ? format.time(at) : format.dateTime(at)}
    </time>
  );
}

interface AppliedInputProps extends Omit<TextInputProps, 'value'> {
  readonly value: string;
  readonly onApply: (text: string) => void;
  /** Why a text is refused; undefined when it is not. */
  readonly refuse?: (text: string) => string | undefined;
}

/**
 * A text field whose text takes effect on Enter, and when the field loses the focus; one that is refused stays without
 * effect.
 */
export function AppliedInput({ value, onApply, refuse, error, ...rest }: AppliedInputProps) {
  const [typed, setTyped] = useState(value);
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  const apply = () => {
    const refused = refuse?.(typed);
    setRefusal(refused);
    if (refused === undefined && typed !== value) onApply(typed);
  };
  return (
    <TextInput
      {...rest}
      value={typed}
      error={refusal ?? error}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={(event) => {
        if (event.key === 'Enter') apply();
      }}
    />
  );
}

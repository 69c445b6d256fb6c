import { useEffect, useState } from 'preact/hooks';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** Copies `text`; says so for a moment. `label` names what is copied, and is shown when `wide`. */
export function CopyButton({ text, label, wide = false }: { text: string; label: string; wide?: boolean }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 1600);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // No permission, or no secure context: the text is on the page to be selected.
      setState('failed');
    }
  };
  const said = state === 'idle' ? label : state === 'copied' ? 'Copied' : 'Could not copy';
  return (
    <button
      type="button"
      class={wide ? 'button' : 'button button--icon'}
      aria-label={said}
      title={said}
      onClick={copy}
    >
      {state === 'copied' ? <CheckIcon /> : <CopyIcon />}
      {wide && <span>{said}</span>}
    </button>
  );
}

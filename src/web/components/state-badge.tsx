import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';
import { useService } from '../api/readiness.ts';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

interface StateBadgeProps {
  readonly color: string;
  /** What is shown is no longer updated, for instance because an engine does not answer. */
  readonly failing?: boolean;
  readonly children: ReactNode;
}

/** A badge for a state as of now: when nothing new arrives, it says so instead. */
export function StateBadge({ color, failing = false, children }: StateBadgeProps) {
  const t = useTexts(commonTexts);
  const { lost } = useService();
  return (
    <Badge variant="light" color={lost ? 'gray' : failing ? 'orange' : color}>
      {lost ? t.noConnection : failing ? t.notUpdating : children}
    </Badge>
  );
}

import { notifications } from '@mantine/notifications';
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useTexts } from '../i18n/dictionary.ts';
import { commonTexts } from './texts.ts';

/**
 * Something the reader does: says what came of it, and asks the queries whose keys begin with one of `changes` again. An error stays in
 * the result, to be shown in its place.
 */
export function useAction<T, V = void>(
  act: (value: V) => Promise<T>,
  options: { readonly said?: (result: T) => string; readonly changes?: readonly string[] },
): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  const t = useTexts(commonTexts);
  return useMutation({
    mutationFn: act,
    onSuccess: (result) => {
      const { said, changes = [] } = options;
      if (said !== undefined) {
        const closeButtonProps = { 'aria-label': t.close };
        notifications.show({ message: said(result), color: 'green', closeButtonProps });
      }
      for (const key of changes) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}

import { createTheme, localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { queryClient } from '../api/queries.ts';
import { markLanguage } from '../i18n/language.ts';
import { storageKey } from './base.ts';
import { Shell } from './shell.tsx';

markLanguage();
const root = document.getElementById('app');
if (root !== null) createRoot(root).render(<App />);

const theme = createTheme({
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
});

const colorScheme = localStorageColorSchemeManager({ key: storageKey('color-scheme') });

/**
 * The console. The kit's variables and classes come from `styles/index.css`, not from style elements it would write
 * into the page: the content security policy allows none.
 */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorScheme}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <Shell />
        <Notifications position="bottom-right" />
      </QueryClientProvider>
    </MantineProvider>
  );
}

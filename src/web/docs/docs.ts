import { basePath, storageKey } from '../app/base.ts';

/** What is used here of Scalar's standalone file, https://github.com/scalar/scalar. */
declare global {
  /** The path of its file, set by the bundler. */
  const SCALAR_PATH: string;
  var Scalar: { createApiReference(element: string, configuration: object): unknown } | undefined;
}

/** Its faintest text has too little contrast (WCAG 1.4.3). */
const CONTRAST = `
  .light-mode {
    --scalar-color-2: #5a5a5a;
    --scalar-color-3: #5f5f5f;
    --scalar-color-blue: #0065a3;
    --scalar-color-green: #006b43;
    --scalar-color-orange: #9a4d00;
    --scalar-color-red: #b3261e;
    --scalar-color-yellow: #7a5c00;
    --scalar-color-purple: #5b3fa0;
  }
  .dark-mode {
    --scalar-color-3: #a0a0a0;
  }
`;
const TOKEN = storageKey('token');

document.documentElement.lang = 'en';
document.querySelector('#console')?.setAttribute('href', `${basePath}/`);
await start();

/** Shows the description of the API; asks for the token first if the server requires it. */
async function start(): Promise<void> {
  const token = sessionStorage.getItem(TOKEN) ?? '';
  const headers: HeadersInit = token === '' ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${basePath}/openapi.json`, { headers });
  if (response.status === 401) {
    askForToken();
    return;
  }
  const content: unknown = await response.json();
  await load(basePath + SCALAR_PATH);
  const dark = localStorage.getItem(storageKey('color-scheme')) ?? 'auto';
  const isDark = dark === 'dark' || (dark === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  new MutationObserver(nameButtons).observe(document.body, { childList: true, subtree: true });
  globalThis.Scalar?.createApiReference('#api', {
    content,
    darkMode: isDark,
    withDefaultFonts: false,
    customCss: CONTRAST,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: 'never',
    documentDownloadType: 'direct',
    authentication: { preferredSecurityScheme: 'token', securitySchemes: { token: { token } } },
  });
}

/** Its buttons to copy an example have no name (WCAG 4.1.2). */
function nameButtons(): void {
  for (const button of document.querySelectorAll('.scalar-code-copy:not([aria-label])'))
    button.setAttribute('aria-label', 'Copy');
}

function load(src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = src;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${src} does not load`));
    document.head.append(script);
  });
}

function askForToken(): void {
  const form = document.createElement('form');
  const label = document.createElement('label');
  const input = document.createElement('input');
  const button = document.createElement('button');
  label.textContent = 'Token ';
  input.type = 'password';
  input.autocomplete = 'off';
  button.textContent = 'Use it';
  label.append(input);
  form.append(label, button);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, input.value.trim());
    form.remove();
    void start();
  });
  document.querySelector('#api')?.append(form);
}

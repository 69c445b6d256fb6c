import { request, unreachable } from '../api/client.ts';

/** The browser reads a file after the click, and does not say when it is done. */
const REVOKE_MS = 60_000;

/** Has the browser save a file. */
export function saveFile(name: string, content: Blob): void {
  const file = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = file;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(file), REVOKE_MS);
}

/**
 * Saves a file of the API, by default under the last part of its path, with the token, which a link can't carry.
 * @throws ApiError
 */
export async function download(path: string, name?: string): Promise<void> {
  const response = await request(path);
  const content = await response.blob().catch(unreachable);
  saveFile(name ?? new URL(path, location.href).pathname.split('/').at(-1) ?? '', content);
}

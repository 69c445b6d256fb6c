import { ApiError } from './api-error.ts';
import { authorize, refused } from './client.ts';

/** Saves a file of the API under the last part of its path. It carries the token, which a link could not. @throws ApiError */
export async function download(address: string): Promise<void> {
  const headers = new Headers();
  authorize(headers);
  const unreachable = (): never => {
    throw new ApiError('unreachable', 0);
  };
  const response = await fetch(address, { headers }).catch(unreachable);
  if (!response.ok) throw refused(response, await response.json().catch(() => undefined));
  const file = URL.createObjectURL(await response.blob().catch(unreachable));
  const link = document.createElement('a');
  link.href = file;
  link.download = new URL(address, location.href).pathname.split('/').at(-1) ?? '';
  link.click();
  // The browser reads it after the click, and says nothing of when it has.
  setTimeout(() => URL.revokeObjectURL(file), REVOKE_MS);
}

const REVOKE_MS = 60_000;

import type { Terminal } from '../../terminal/sink.ts';

/** Opens a page in the browser where a person sits at one; its address is printed in any case. */
export const openPage = async (
  url: string,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> => {
  terminal.data(url);
  const hasDesktop =
    process.platform === 'darwin' || env['DISPLAY'] !== undefined || env['WAYLAND_DISPLAY'] !== undefined;
  if (!terminal.interactive || !hasDesktop) return;
  const { launch } = await import('../../clients/process/launch.ts');
  // Whether a browser opens or not, the address is on the screen.
  launch(process.platform === 'darwin' ? 'open' : 'xdg-open', [url]);
};

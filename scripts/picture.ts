import { writeFileSync } from 'node:fs';
import xterm from '@xterm/headless';
import { spawn } from 'node-pty';
import { startSandbox } from '../sandbox/index.ts';

/** Draws docs/session.svg: a real rolling restart of the default sandbox in a real pseudo-terminal. `npm run picture` */
const columns = 88;
const rows = 44;
const cell = { width: 8.4, height: 18 };
const theme = ['#1e1e2e', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#cba6f7', '#94e2d5', '#cdd6f4'];
const foreground = '#cdd6f4';

type Screen = InstanceType<typeof xterm.Terminal>;

const escaped = (text: string): string =>
  text
    // Plain spaces in a row become one.
    .replaceAll(' ', '\u00a0')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

const record = async (): Promise<Screen> => {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const pty = spawn(
    process.execPath,
    ['bin/rb.js', '-c', 'runbook.config.yaml', 'restart', '--rolling', '--reason', 'OPS-42 hanging workers'],
    {
      cols: columns,
      rows,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    },
  );
  let answered = false;
  pty.onData((data) => {
    screen.write(data);
    if (answered || !data.includes('[y/N]')) return;
    answered = true;
    setTimeout(() => pty.write('y\r'), 1000);
  });
  await new Promise<void>((resolve) => pty.onExit(() => screen.write('', resolve)));
  return screen;
};

interface Look {
  readonly fill: string;
  readonly bold: boolean;
  readonly faint: boolean;
}

/** A line as one `tspan` for each run of cells that look the same; its width is given, whatever font the reader has. */
const lineOf = (screen: Screen, y: number): string => {
  const line = screen.buffer.active.getLine(y);
  const runs: { at: number; text: string; look: Look }[] = [];
  for (let x = 0; x < columns; x++) {
    const glyph = line?.getCell(x);
    if (!glyph || glyph.getWidth() === 0) continue;
    const fill = glyph.isFgPalette() ? (theme[glyph.getFgColor() % 8] ?? foreground) : foreground;
    const look = { fill, bold: glyph.isBold() !== 0, faint: glyph.isDim() !== 0 };
    const last = runs.at(-1);
    if (last && JSON.stringify(last.look) === JSON.stringify(look)) last.text += glyph.getChars() || ' ';
    else runs.push({ at: x, text: glyph.getChars() || ' ', look });
  }
  return runs.map(drawn).join('');
};

const drawn = ({ at, text, look }: { at: number; text: string; look: Look }): string => {
  const start = text.length - text.trimStart().length;
  const visible = text.trim();
  if (visible === '') return '';
  const x = (16 + (at + start) * cell.width).toFixed(1);
  const width = (visible.length * cell.width).toFixed(1);
  const style = `${look.bold ? ' font-weight="bold"' : ''}${look.faint ? ' opacity="0.6"' : ''}`;
  return `<tspan x="${x}" textLength="${width}" fill="${look.fill}"${style}>${escaped(visible)}</tspan>`;
};

const sandbox = await startSandbox({ quiet: true });
try {
  const screen = await record();
  const used = screen.buffer.active.baseY + screen.buffer.active.cursorY;
  const lines = Array.from({ length: used }, (_, y) => lineOf(screen, y));
  const size = { width: Math.ceil(columns * cell.width + 32), height: lines.length * cell.height + 32 };
  const texts = lines
    .map((line, y) => (line ? `<text y="${24 + y * cell.height}">${line}</text>` : ''))
    .filter(Boolean);
  writeFileSync(
    'docs/session.svg',
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="A rolling restart with rb">
<rect width="100%" height="100%" rx="8" fill="${theme[0]}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono, monospace" font-size="14" xml:space="preserve">
${texts.join('\n')}
</g>
</svg>
`,
  );
} finally {
  await sandbox.down();
}

/** How a key is written in messages: `environments.production.certificates[0].domain`. `above` is the path it goes on from. */
export const keyPath = (path: readonly PropertyKey[], above = ''): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, above);

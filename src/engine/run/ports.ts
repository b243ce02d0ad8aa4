import type { AnyProcedure, AnyStep } from '../procedure/tree.ts';

/** Where the ports of a session come from. */
export interface PortSource {
  /** Whether a port can be had at all: it is configured, and may be used. */
  has(name: string): boolean;
  /** Opens it. Errors: why it cannot be had; those of the adapter. */
  open(name: string): Promise<unknown>;
}

/** The same, each port opened once a session. One that could not be opened is tried again by the next step that asks. */
export const openOnce = (source: PortSource): PortSource => {
  const opened = new Map<string, Promise<unknown>>();
  return {
    has: (name) => source.has(name),
    open: (name) => {
      const known = opened.get(name);
      if (known) return known;
      const opening = source.open(name);
      opened.set(name, opening);
      opening.catch(() => opened.delete(name));
      return opening;
    },
  };
};

const whileOpening = new WeakSet<object>();

const noted = (error: unknown): never => {
  if (error instanceof Error) whileOpening.add(error);
  throw error;
};

/** Whether an error came from opening a port, whatever its kind: an adapter that cannot be opened sees nothing. */
export const isFromOpening = (error: Error): boolean => whileOpening.has(error);

/** What a procedure sees: a function for each of its needs. */
export const portsOf = (
  { needs, required }: Pick<AnyProcedure, 'needs' | 'required'>,
  source: PortSource,
): Readonly<Record<string, () => Promise<unknown>>> =>
  Object.fromEntries(
    needs.map((name) => [
      name,
      async () => {
        if (source.has(name)) return source.open(name).catch(noted);
        return required.includes(name) ? source.open(name) : undefined;
      },
    ]),
  );

/** Errors: why one of these ports cannot be had. */
export const requirePorts = async (names: readonly string[], source: PortSource): Promise<void> => {
  const missing = names.find((name) => !source.has(name));
  if (missing !== undefined) await source.open(missing);
};

/** Why a procedure cannot be called here, or what it always calls: "no workload is configured". Undefined where it can. */
export const unavailable = ({ required, steps }: AnyProcedure, source: PortSource): string | undefined => {
  const missing = required.filter((name) => !source.has(name));
  return missing.length === 0 ? missingIn(steps, source) : missing.map((name) => `no ${name} is configured`).join(', ');
};

/** The same of the calls that are always made with these steps. */
export const missingIn = (steps: readonly AnyStep[], source: PortSource): string | undefined => {
  for (const step of steps) {
    if (step.when || ('tolerant' in step && step.tolerant)) continue;
    const why =
      step.kind === 'parallel'
        ? missingIn(step.steps, source)
        : step.kind === 'call' || step.kind === 'eachCall'
          ? unavailable(step.procedure, source)
          : undefined;
    if (why !== undefined) return why;
  }
  return undefined;
};

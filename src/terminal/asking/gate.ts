/** A held key and a paste leave no gap this long. A person needs longer from seeing a question to the second key of an answer. */
const quietMs = 300;

/** Ctrl-C and Ctrl-D count at once: they only ever leave a question. */
const leaving = ['\u0003', '\u0004'];

/** Lets keys through to a question once the keyboard has been quiet with the question on the screen. */
export interface Gate {
  /** The question is on the screen. From now on the silence is measured. */
  readonly shown: () => void;
  /** What of these keys counts: nothing, a key that leaves the question, or all of them. */
  readonly pass: (keys: Buffer | string) => Buffer | string | undefined;
  readonly close: () => void;
}

/**
 * Input that was under way when a question appeared is not an answer to it: it is thrown away until there was none for 300 ms.
 * Source of the rule: safety.md, "Input typed before the prompt appeared is drained".
 */
export const closedGate = (): Gate => {
  let open = false;
  let keysCame = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const quiet = (): void => {
    keysCame = false;
    // After a pause of this process (a busy machine, Ctrl-Z) the timer is due before the keys that came in it were read.
    setImmediate(() => (open = !keysCame));
  };
  return {
    shown: () => {
      if (!closed) timer = setTimeout(quiet, quietMs);
    },
    pass: (keys) => {
      if (open) return keys;
      keysCame = true;
      timer?.refresh();
      return leaving.find((key) => keys.includes(key));
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
};

/** For input that is not a terminal's: no person is at a keyboard. */
export const openGate: Gate = { shown: () => undefined, pass: (keys) => keys, close: () => undefined };

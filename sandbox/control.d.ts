/** Sends one command to the supervisor; resolves to its output, rejects with its message. */
export declare const ask: (socketPath: string, command: string, args: readonly string[]) => Promise<string>;

/** Where a server is, how it is known to be the right one, and who asks. Nothing has been sent yet. */
export interface Endpoint {
  /** With the path that stands before all others, where a gateway needs one; without a slash at its end. */
  readonly server: URL;
  /** PEM texts of the authorities that the server's certificate may come from; undefined: those of the system. */
  readonly ca?: string;
  /** The name that the server's certificate must bear, where it is not the one in the URL. */
  readonly serverName?: string;
  /** `http`, `https` or `socks5`; undefined: directly. */
  readonly proxy?: URL;
  readonly credentials: Credentials;
}

export interface Credential {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** PEM texts. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

export interface Credentials {
  /** "user admin of /home/ann/.kube/config"; for messages. */
  readonly owner: string;
  /** What to do where the server does not accept them, each one line. */
  readonly renewal: readonly string[];
  /**
   * Asks whatever hands them out, where they are not known or have expired.
   * Errors: `usage` where they are configured wrongly, `unreachable` where a program that hands them out fails or they have expired.
   */
  current(signal: AbortSignal): Promise<Credential>;
  /** The server did not accept this one: `current` asks again, where there is something to ask. */
  refuse(credential: Credential): void;
}

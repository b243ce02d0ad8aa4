/** The server keeps so many bytes. */
const longest = 63;

/** What the server shows for a connection of ours: for people, as any other session may call itself the same. */
const prefix = 'rb/';

/** `rb/<session>/<n>`, in what the server keeps: printable ASCII, 63 bytes. */
export const applicationName = (mark: string): string =>
  `${prefix}${mark}`.replaceAll(/[^\u0020-\u007E]/g, '?').slice(0, longest);

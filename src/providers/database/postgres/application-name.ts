/** The server keeps so many bytes. */
const longest = 63;

/** What the server shows for a connection of ours. */
export const prefix = 'rb/';

/** `rb/<session>/<step>`, in what the server keeps: printable ASCII, the step's end is cut off where it is too long. */
export const applicationName = (mark: string): string =>
  `${prefix}${mark}`.replaceAll(/[^\u0020-\u007E]/g, '?').slice(0, longest);

/** The step in a mark of `<session>/<step>`. */
export const stepOf = (mark: string): string => mark.slice(mark.indexOf('/') + 1);

/**
 * A server answered, and the answer cannot be used: it is over a limit or not of the shape that was expected. The message goes on
 * where the server's name ends: "answers with more than 16 MiB". Each client makes its own error of it: `unreachable`, and
 * `unknown` for a change that was sent.
 */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

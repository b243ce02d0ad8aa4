/** The command line of the rig's supervisor: `control.ts <port> <verb> [argument...]`. Returns when the supervisor is done. */
const [port, ...words] = process.argv.slice(2);
const answer = await fetch(`http://127.0.0.1:${port}/${words.map(encodeURIComponent).join('/')}`);
process.stdout.write(await answer.text());
if (!answer.ok) process.exitCode = 1;

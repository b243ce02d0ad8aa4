import type { Section } from '../section.ts';

export const section: Section = {
  register: (program, rb) => {
    const audit = program
      .command('audit')
      .description('The record of every session that changed something or tried to.');
    audit
      .command('list')
      .summary('the sessions, newest first')
      .option('--limit <n>', 'how many', '20')
      .action(async (flags: { readonly limit: string }) => (await import('./list.ts')).showList(rb, flags.limit));
    audit
      .command('show')
      .summary('one session: its steps, decisions and outcome')
      .argument('[session]', 'its id, or how it begins; the newest where none is given')
      .action(async (session: string | undefined) => (await import('./show.ts')).showSession(rb, session));
    audit
      .command('verify')
      .summary(
        'was anything altered? exits 0 intact and closed; 1 damaged; 2 intact, but not closed or not anchored as configured',
      )
      .argument('[sessions...]', 'their ids, or how they begin; the newest where none is given')
      .option('--all', 'every session in the audit directory, and whether one is missing')
      .action(async (sessions: string[], flags: { readonly all?: true }) =>
        (await import('./verify.ts')).verifySessions(rb, sessions, flags.all === true),
      );
    audit
      .command('report')
      .summary('a report of one session, as Markdown or HTML')
      .argument('[session]', 'its id, or how it begins; the newest where none is given')
      .option('--html', 'HTML that opens without a network')
      .option('--file <path>', 'write it to this file instead of standard output')
      .action(async (session: string | undefined, flags: { readonly html?: true; readonly file?: string }) =>
        (await import('./report.ts')).showReport(rb, session, flags),
      );
    program
      .command('resume')
      .description('Settles what was under way when the session was cut off by looking, then does what is left.')
      .argument(
        '[session]',
        'its id, or how it begins; the newest interrupted one of the environment where none is given',
      )
      .action((session: string | undefined) => rb.resume(session));
  },
  menu: [
    { section: '', title: 'Audit log', command: 'audit list', summary: 'what was done here, by whom' },
    { section: '', title: 'Resume', command: 'resume', summary: 'go on with a session that was interrupted' },
  ],
  procedures: {},
};

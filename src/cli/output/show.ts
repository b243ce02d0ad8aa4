import type { AnyFinding } from '../../engine/finding.ts';
import type { Terminal } from '../../terminal/sink.ts';
import { span } from '../../terminal/text.ts';

/** Shows what is on this machine: a table and a sentence, or its data for programs. */
export const showFinding = async (
  terminal: Terminal,
  finding: AnyFinding,
  output: 'text' | 'json' | 'ndjson',
): Promise<void> => {
  if (output === 'json') return terminal.json(finding.data ?? null);
  if (output === 'ndjson') {
    for (const row of Array.isArray(finding.data) ? finding.data : [finding.data ?? null]) terminal.ndjson(row);
    return;
  }
  if (finding.evidence && finding.evidence.rows.length > 0) {
    // Measuring the width of text takes longer to load than most commands take.
    const { renderTable } = await import('../../terminal/table.ts');
    for (const line of renderTable(finding.evidence, {
      width: terminal.dataWidth,
      symbols: terminal.symbols,
      redactor: terminal.redactor,
    }))
      terminal.data(line);
  }
  if (finding.summary)
    terminal.say([span(finding.verdict, terminal.symbols.mark[finding.verdict]), ' ', finding.summary]);
};

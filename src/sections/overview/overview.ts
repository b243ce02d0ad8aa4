import * as z from 'zod/mini';
import type { Cell, Finding } from '../../engine/finding.ts';
import { worst } from '../../engine/finding.ts';
import { procedure } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { links } from './links.ts';

/** Section 1 of the runbook: what the service is, where it is, how it is, and where to look further. */
export const overview = procedure({
  id: 'overview',
  section: '1',
  title: 'Service overview',
  needs: ['settings', 'http'],
  input: z.object({}),
  steps: ({ check }) => [
    check('service', 'Service', ({ settings }) => card(settings)),
    check('links', 'Dashboards and documents', ({ settings }) => linksFinding(settings)),
    check('environments', 'Environments', async ({ settings, http, signal }) => {
      const rows = await Promise.all(
        Object.entries(settings.config.environments).map(async ([name, environment]) => {
          const label = environment.protected ? `${name} (protected)` : name;
          if (environment.url === undefined)
            return { name, verdict: 'unknown' as const, row: [label, null, 'no url configured'] as const };
          const url = `${environment.url.replace(/\/+$/, '')}${environment.health.loadBalancer.path}`;
          const probe = await http.probe({ url, timeoutMs: environment.health.timeoutSeconds * 1000 }, signal);
          const verdict = probe.healthy ? ('ok' as const) : ('critical' as const);
          return { name, verdict, row: [label, environment.url, { text: probe.detail, verdict }] as const };
        }),
      );
      return {
        // Another environment that is down is worth seeing; only the selected one decides.
        verdict: worst(rows.filter((one) => one.name === settings.name).map((one) => one.verdict)),
        summary: `${rows.filter((one) => one.verdict === 'ok').length} of ${rows.length} environments answer`,
        evidence: {
          columns: [{ title: 'environment' }, { title: 'url' }, { title: 'health' }],
          rows: rows.map((one): readonly Cell[] => one.row),
        },
        data: { environments: rows.map(({ name, verdict, row }) => ({ name, url: row[1], verdict })) },
      };
    }),
  ],
});

const card = ({ config: { service } }: Settings): Finding => ({
  verdict: 'ok',
  summary:
    [service.purpose, service.stack && `on ${service.stack.join(', ')}`].filter(Boolean).join('; ') || service.name,
  data: { name: service.name, purpose: service.purpose ?? null, stack: service.stack ?? [] },
});

const linksFinding = (settings: Settings): Finding => {
  const all = links(settings.config.service);
  return {
    verdict: 'ok',
    summary: all.length === 0 ? 'no dashboards or documents are configured' : `${all.length} links; rb open <name>`,
    evidence: {
      columns: [{ title: 'name' }, { title: 'kind' }, { title: 'url' }],
      rows: all.map((link) => [link.name, link.kind, link.url]),
    },
    data: { links: all.map((link) => ({ ...link })) },
  };
};

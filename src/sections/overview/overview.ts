import * as z from 'zod/mini';
import type { DataFinding } from '../../engine/finding.ts';
import { critical, judged, ok, unknown } from '../../engine/judgement.ts';
import type { Judgement } from '../../engine/judgement.ts';
import { type Http, probeVerdict } from '../../providers/http/port.ts';
import { look } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { links } from './links.ts';

const Service = z.object({ name: z.string(), purpose: z.nullable(z.string()), stack: z.array(z.string()) });
type Service = z.output<typeof Service>;

const Links = z.object({
  links: z.array(
    z.object({ name: z.string(), kind: z.enum(['dashboard', 'document', 'architecture']), url: z.string() }),
  ),
});
type Links = z.output<typeof Links>;

const Environments = z.object({
  environments: z.array(
    z.object({ name: z.string(), url: z.nullable(z.string()), verdict: z.enum(['ok', 'critical', 'unknown']) }),
  ),
});
type Environments = z.output<typeof Environments>;

/** Section 1 of the runbook: what the service is, where it is, how it is, and where to look further. */
export const overview = look({
  id: 'overview',
  section: '1',
  title: 'Service overview',
  purpose: 'What is this service, where does it run, and where is more about it?',
  // Optional: a configuration that is not trusted is shown, and its addresses are not contacted.
  needs: { settings: 'required', http: 'optional' },
  input: z.object({}),
  result: z.object({ service: Service, ...Links.shape, ...Environments.shape }),
  steps: ({ check }) => {
    const service = check('service', 'Service', {
      data: Service,
      look: async ({ ports }) => card(await ports.settings()),
    });
    const further = check('links', 'Dashboards and documents', {
      data: Links,
      look: async ({ ports }) => linksFinding(await ports.settings()),
    });
    const environments = check('environments', 'Environments', {
      data: Environments,
      look: async ({ ports, signal }) => probeEnvironments(await ports.settings(), await ports.http(), signal),
    });
    return {
      steps: [service, further, environments],
      result: ({ read }) => ({ service: read(service), ...read(further), ...read(environments) }),
    };
  },
});

const card = ({ config: { service } }: Settings): DataFinding<Service> => ({
  verdict: 'ok',
  summary:
    [service.purpose, service.stack && `on ${service.stack.join(', ')}`].filter(Boolean).join('; ') || service.name,
  data: { name: service.name, purpose: service.purpose ?? null, stack: service.stack ?? [] },
});

const linksFinding = (settings: Settings): DataFinding<Links> => {
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

const probeEnvironments = async (
  settings: Settings,
  http: Http | undefined,
  signal: AbortSignal,
): Promise<DataFinding<Environments>> => {
  const rows = await Promise.all(
    Object.entries(settings.config.environments).map(async ([name, environment]) => {
      const label = environment.protected ? `${name} (protected)` : name;
      if (environment.url === undefined)
        return { name, url: null, verdict: 'unknown' as const, row: [label, null, 'no url configured'] as const };
      if (!http)
        return {
          name,
          url: environment.url,
          verdict: 'unknown' as const,
          row: [label, environment.url, 'not asked'] as const,
        };
      const url = `${environment.url.replace(/(?<!\/)\/+$/, '')}${environment.health.loadBalancer.path}`;
      const probe = await http.probe({ url, timeoutMs: environment.health.timeoutSeconds * 1000 }, signal);
      return {
        name,
        url: environment.url,
        verdict: probeVerdict(probe),
        row: [label, environment.url, probe.detail] as const,
      };
    }),
  );
  return {
    ...judged({
      about: http
        ? `${rows.filter((one) => one.verdict === 'ok').length} of ${rows.length} environments answer`
        : 'no address was contacted',
      columns: [{ title: 'environment' }, { title: 'url' }, { title: 'health' }],
      rows: rows.map(({ name, url, verdict, row }) => ({
        name,
        cells: row,
        marks: 2,
        // What another environment answers is worth seeing; only the selected one is judged, and only if there is something to ask.
        judgement: name === settings.name && url !== null ? (http ? judgeAnswer(verdict, row[2]) : notTrusted) : ok,
      })),
    }),
    data: { environments: rows.map(({ name, url, verdict }) => ({ name, url, verdict })) },
  };
};

/** Nothing is contacted then; `rb trust` shows what would be. */
const notTrusted = unknown('not asked, because the configuration is not trusted', 'rb trust');

const judgeAnswer = (verdict: 'ok' | 'unknown' | 'critical', answer = 'not asked'): Judgement => {
  if (verdict === 'ok') return ok;
  return verdict === 'unknown' ? unknown(`cannot see: ${answer}`) : critical(answer);
};

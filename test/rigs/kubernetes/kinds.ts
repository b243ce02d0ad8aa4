import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Api, ApiError } from './api.ts';
import type { Condition } from './objects.ts';
import { until } from './wait.ts';

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Creates the custom resource definitions of a file in `crds`, where they are not there yet, and waits until the API server serves them. */
export const installKinds = async (api: Api, file: 'keda' | 'kwok-logs'): Promise<void> => {
  const text = readFileSync(join(import.meta.dirname, 'crds', `${file}.yaml`), 'utf8');
  const kinds = parseAllDocuments(text).map((each) => each.toJSON() as { metadata: { name: string } });
  for (const kind of kinds)
    await api.post(path, kind).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    });
  for (const { metadata } of kinds)
    await until(`${metadata.name} is served`, async () => {
      const { status } = await api.get<{ status?: { conditions?: Condition[] } }>(`${path}/${metadata.name}`);
      return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    });
};

import type { Json, JsonObject } from '../../engine/json.ts';

/** What a service says about itself. `starting` is not healthy either, but may become so. */
export type Says = 'ok' | 'degraded' | 'down' | 'starting';

/**
 * The one list of what words in a health answer mean, for endpoints and for instances: Spring Boot, health+json
 * (draft-inadarei-api-health-check), Consul, Elasticsearch, gRPC, and what people write by hand.
 */
const words = {
  ok: `ok okay up healthy ready alive live pass passed passing success successful green good normal running started
    active online available operational serving connected reachable true`,
  degraded: 'degraded impaired partial warn warning yellow',
  down: `down unhealthy not-healthy not-ok not-ready unready error fail failed failing failure critical fatal red
    unavailable out-of-service maintenance dead crashed stopped stopping draining terminating shutdown shutting-down
    offline inactive disconnected unreachable not-serving false`,
  starting: 'starting initializing initialising warming warming-up booting loading pending',
} as const satisfies Record<Says, string>;

const sayings = ['ok', 'degraded', 'down', 'starting'] as const satisfies readonly Says[];

/** Undefined for a word that is in none of the lists: what it means is not known. */
export const meaningOf = (word: string): Says | undefined => {
  const written = word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');
  return sayings.find((says) => words[says].split(/\s+/).includes(written));
};

/** What a JSON body says; `unclear` where it has something to say that cannot be understood, undefined where it says nothing. */
export const bodySays = (body: JsonObject): { readonly field: string; readonly says: Says | 'unclear' } | undefined => {
  const own = (field: string): Json | undefined => (Object.hasOwn(body, field) ? body[field] : undefined);
  const word = ['status', 'health'].find((field) => own(field) !== undefined);
  if (word !== undefined) {
    const says = valueSays(own(word));
    if (says !== 'ok') return { field: word, says };
  }
  const refused = answers.find((field) => own(field) === false);
  if (refused !== undefined) return { field: refused, says: 'down' };
  return word === undefined ? undefined : { field: word, says: 'ok' };
};

/** Fields that are true where all is well. */
const answers = ['healthy', 'ready', 'alive', 'live', 'ok', 'up', 'success'] as const;

/** `{"status": "UP"}`, `{"status": true}`, `{"status": 200}`. */
export const valueSays = (value: Json | undefined): Says | 'unclear' => {
  if (typeof value === 'string') return meaningOf(value) ?? 'unclear';
  if (typeof value === 'boolean') return value ? 'ok' : 'down';
  if (typeof value === 'number' && value >= 200 && value < 300) return 'ok';
  return typeof value === 'number' && value >= 400 && value < 600 ? 'down' : 'unclear';
};

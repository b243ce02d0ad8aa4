import type { Command } from 'commander';
import { createRedactor } from '../config/redaction.ts';
import { RunbookError } from '../engine/errors.ts';
import type { Rb, World } from '../sections/section.ts';
import type { Terminal } from '../terminal/sink.ts';
import { createTerminal } from '../terminal/sink.ts';
import { readGlobals } from './globals.ts';
import type { Globals } from './globals.ts';

/** What the sections see, and what `main.ts` needs at the end. */
export interface Wired extends Rb {
  globals(): Globals;
  terminal(): Promise<Terminal>;
  exitCode(): number;
}

/** Wires the program together. Everything is loaded when it is first needed: the help needs none of it. */
export const createRb = (program: Command, world: World, version: string): Wired => {
  const redactor = createRedactor();
  let code = 0;
  const globals = once(() => readGlobals(program));
  const terminal = once(() =>
    createTerminal({
      get stdin() {
        return process.stdin;
      },
      stdout: process.stdout,
      stderr: process.stderr,
      env: world.env,
      redactor,
      color: program.opts()['color'] !== false,
      quiet: program.opts()['quiet'] === true,
    }),
  );
  const configuration = once(async () => {
    const [{ findConfig }, { loadRemembered, memoryOf }, { registerLiteralSecrets }, { registerVariables }] =
      await Promise.all([
        import('../config/find.ts'),
        import('../config/remembered.ts'),
        import('../config/show.ts'),
        import('./referenced-variables.ts'),
      ]);
    const path = findConfig({ flag: globals().config, env: world.env, cwd: world.cwd });
    const loaded = await loadRemembered(path, { cwd: world.cwd, memory: memoryOf(world.env, world.home) });
    registerLiteralSecrets(loaded.config, redactor);
    registerVariables(loaded.config, world.env, redactor);
    return loaded;
  });
  const settingsFor = async (environment: string | undefined) => {
    const loaded = await configuration();
    const { selectEnvironment } = await import('../config/environment.ts');
    return { config: loaded.config, ...selectEnvironment(loaded, environment) };
  };
  const settings = once(() => settingsFor(globals().env));

  /** Everything that a session needs around it. */
  const setting = async (environment?: string) => ({
    globals: globals(),
    terminal: await terminal(),
    settings: environment === undefined ? await settings() : await settingsFor(environment),
    env: world.env,
    auditDirectory: await auditDirectoryOf(),
    version,
  });
  const secrets = once(async () => {
    const { createSecrets } = await import('../config/references.ts');
    return createSecrets({ env: world.env, directory: (await configuration()).directory, redactor });
  });
  const portsFor = async (of: Awaited<ReturnType<typeof setting>>) => {
    const { openPorts } = await import('./adapters.ts');
    const deps = {
      loaded: await configuration(),
      settings: of.settings,
      secrets: await secrets(),
      redact: redactor.redact,
      remember: redactor.add,
      env: world.env,
    };
    return <Need extends Parameters<typeof openPorts>[0][number]>(needs: readonly Need[]) => openPorts(needs, deps);
  };
  const directoryFor = async (configured: { readonly configured?: string; readonly base?: string }) => {
    const { auditDirectory } = await import('../audit/directory.ts');
    return auditDirectory({ ...configured, env: world.env, home: world.home });
  };
  const auditDirectoryOf = async () => {
    const { config, directory } = await configuration();
    return directoryFor({ configured: config.audit.directory, base: directory });
  };

  return {
    world,
    globals,
    terminal,
    configuration,
    settings,
    exitCode: () => code,
    exit: (wanted) => void (code = wanted),
    auditDirectory: async () => {
      try {
        return await auditDirectoryOf();
      } catch (error) {
        // The audit files can be read where there is no configuration at all; a broken one is still an error.
        if (globals().config !== undefined || !(error instanceof RunbookError)) throw error;
        return directoryFor({});
      }
    },
    run: async (procedure, input) => {
      const [{ runNewSession }, { parseInput }] = await Promise.all([import('./run-session.ts'), import('./input.ts')]);
      const parsed = await parseInput(procedure.input, input);
      const around = await setting();
      const open = await portsFor(around);
      code = await runNewSession(around, procedure, parsed, await open(procedure.needs));
    },
    resume: async (session) => {
      const { resumeSession } = await import('./resume.ts');
      const { config } = await configuration();
      const deps = { setting, portsFor, auditDirectory: await auditDirectoryOf(), service: config.service.name };
      code = await resumeSession(session, deps);
    },
    save: async (file, text) => {
      const { saveNew } = await import('./save.ts');
      return saveNew(world.cwd, file, text);
    },
    open: async (url) => {
      const { openPage } = await import('./open-page.ts');
      await openPage(url, await terminal(), world.env);
    },
    show: async (finding) => {
      const { showFinding } = await import('./show.ts');
      await showFinding(await terminal(), finding, globals().output);
    },
    document: async (text, data) => {
      const out = await terminal();
      if (globals().output === 'text') out.document(text);
      else out.json(data);
    },
  };
};

const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
};

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createRedactor } from '../config/secrets/redaction.ts';
import { RunbookError } from '../engine/errors.ts';
import type { Rb, World } from '../sections/section.ts';
import type { Settings } from '../sections/settings.ts';
import type { Terminal } from '../terminal/sink.ts';
import { createTerminal, plainTerminal } from '../terminal/sink.ts';
import type { Faults } from './start/faults.ts';
import { readGlobals } from './globals.ts';
import type { Globals } from './globals.ts';

/** What the sections see, and what `main.ts` needs at the end. */
export interface Wired extends Rb {
  globals(): Globals;
  terminal(): Promise<Terminal>;
  /** The terminal, where one was needed already; else one that writes plainly. For what cannot wait. */
  terminalNow(): Pick<Terminal, 'alert' | 'json' | 'ndjson'>;
  exitCode(): number;
}

/** Wires the program together. Everything is loaded when it is first needed: the help needs none of it. */
export const createRb = (program: Command, world: World, version: string, faults: Faults): Wired => {
  const redactor = createRedactor();
  let code = 0;
  const globals = once(() => readGlobals(program));
  let open: Terminal | undefined;
  const terminal = once(async () => {
    open = await createTerminal({
      get stdin() {
        return process.stdin;
      },
      stdout: process.stdout,
      stderr: process.stderr,
      env: world.env,
      redactor,
      color: program.opts()['color'] !== false,
      quiet: program.opts()['quiet'] === true,
    });
    return open;
  });
  const search = () => ({ flag: globals().config, env: world.env, cwd: world.cwd });
  const load = async (file?: string) => {
    const [{ findConfig }, { loadRemembered }, { registerLiteralSecrets }, { registerVariables }] = await Promise.all([
      import('../config/file/find.ts'),
      import('../config/file/remembered.ts'),
      import('../config/show.ts'),
      import('./trust/referenced-variables.ts'),
    ]);
    const path = file === undefined ? findConfig(search()) : resolve(world.cwd, file);
    const loaded = await loadRemembered(path, { cwd: world.cwd, memory: world.cache });
    registerLiteralSecrets(loaded, redactor);
    registerVariables(loaded.config, world.env, redactor);
    return loaded;
  };
  const configuration = once(() => load());
  const trusted = once(async () => (await import('../config/trust/store.ts')).openTrustStore(world));
  const gate = once(async () => {
    const [{ openGate }, { namedBy }, loaded] = await Promise.all([
      import('./trust/trust.ts'),
      import('../config/file/find.ts'),
      configuration(),
    ]);
    return openGate({ loaded, named: namedBy(search()), store: trusted, terminal, env: world.env });
  });
  const requireTrust = async () => (await gate()).require();
  const untrusted = async () => (await gate()).fault();
  const settingsFor = async (environment: string | undefined): Promise<Settings> => {
    const loaded = await configuration();
    const { selectEnvironment } = await import('../config/environment.ts');
    return { config: loaded.config, ...selectEnvironment(loaded, environment) };
  };
  const settings = once(() => settingsFor(globals().env));

  /** Everything that a session needs around it. */
  const setting = async (environment?: string) => ({
    globals: globals(),
    terminal: await terminal(),
    loaded: await configuration(),
    settings: environment === undefined ? await settings() : await settingsFor(environment),
    env: world.env,
    home: world.home,
    clock: world.clock ?? (await import('./system.ts')).systemClock,
    auditDirectory: await auditDirectoryOf(),
    version,
    faults,
  });
  const secrets = once(async () => {
    const { createSecrets } = await import('../config/references/references.ts');
    const all = createSecrets({ env: world.env, directory: (await configuration()).directory, redactor });
    return {
      resolve: async <T>(value: T, at?: string): Promise<T> => {
        const fault = await untrusted();
        if (fault) throw fault;
        return all.resolve(value, at);
      },
    };
  });
  const portsOf = async (of: Awaited<ReturnType<typeof setting>>) => {
    const { portsFor } = await import('./session/adapters.ts');
    return portsFor({
      loaded: await configuration(),
      settings: of.settings,
      secrets: await secrets(),
      redact: redactor.redact,
      redactStream: redactor.redactStream,
      remember: redactor.add,
      env: world.env,
      home: world.home,
      clock: of.clock,
      untrusted: await untrusted(),
    });
  };
  /** A configuration that is not trusted does not choose what is read or written. */
  const auditDirectoryOf = async (note: (text: string) => void = () => undefined) => {
    const { config, directory } = await configuration();
    const configured = config.audit.directory;
    if (configured === '') return world.audit;
    if (!(await untrusted())) return resolve(directory, configured);
    note(`audit.directory of a configuration that is not trusted is not used; this is ${world.audit}`);
    return world.audit;
  };

  return {
    world,
    globals,
    terminal,
    terminalNow: () => open ?? plainTerminal(process, redactor),
    configuration,
    settings,
    exitCode: () => code,
    exit: (wanted) => void (code = wanted),
    auditDirectory: async () => {
      const { say } = await terminal();
      try {
        return await auditDirectoryOf(say);
      } catch (error) {
        // The audit files can be read where there is no configuration at all; a broken one is still an error.
        if (globals().config !== undefined || !(error instanceof RunbookError)) throw error;
        return world.audit;
      }
    },
    run: async (procedure, input) => {
      const [{ runNewSession }, { parseInput }, { treeOf }, { requirePorts }] = await Promise.all([
        import('./session/run-session.ts'),
        import('./session/input.ts'),
        import('../engine/procedure/tree.ts'),
        import('../engine/run/ports.ts'),
      ]);
      const tree = treeOf(procedure);
      const parsed = await parseInput(tree.input, input);
      // What is wrong with the command line is said before a question is asked.
      await settings();
      if (tree.required.some((name) => name !== 'settings')) await requireTrust();
      const around = await setting();
      const ports = await portsOf(around);
      await requirePorts(tree.required, ports);
      code = await runNewSession(around, tree, parsed, ports);
    },
    resume: async (session) => {
      const { resumeSession } = await import('./session/resume.ts');
      await requireTrust();
      const { config } = await configuration();
      const deps = {
        setting,
        portsFor: portsOf,
        auditDirectory: await auditDirectoryOf(),
        service: config.service.name,
        environment: globals().env,
        selected: async () => (await settings()).name,
      };
      code = await resumeSession(session, deps);
    },
    save: async (file, text) => {
      const { saveNew } = await import('./output/save.ts');
      return saveNew(world.cwd, file, text);
    },
    trust: async (file) => {
      const { trustConfiguration } = await import('./trust/trust-command.ts');
      await trustConfiguration(
        { loaded: await load(file), terminal: await terminal(), store: await trusted(), env: world.env },
        globals(),
      );
    },
    open: async (url) => {
      await requireTrust();
      const { openPage } = await import('./output/open-page.ts');
      await openPage(url, await terminal(), world.env);
    },
    show: async (finding) => {
      const { showFinding } = await import('./output/show.ts');
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
